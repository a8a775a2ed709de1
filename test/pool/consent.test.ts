import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Consent,
  consentExpireMs,
  consentState,
  isConsentId,
  readConsent,
  writeConsent,
} from "../../src/pool/consent.ts";

const consentId = fc
  .string({
    unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
    minLength: 1,
  })
  .filter(isConsentId);
const consents: fc.Arbitrary<Consent> = fc.record({
  id: consentId,
  atMs: fc.integer({ min: 1e12, max: 1e13 - 1 }),
  standing: fc.boolean(),
});

const space = fc.string({ unit: fc.constantFrom(" ", "\t", "\n", "\r"), maxLength: 2 });

/** Other ways to write the same: fields in any order, white space, escapes. */
const written = fc
  .record({ consent: consents, order: fc.nat(5), gaps: fc.array(space, { minLength: 12, maxLength: 12 }) })
  .map(({ consent, order, gaps }) => {
    const { id, atMs, standing } = consent;
    const escaped = order % 2 === 0 ? id : id.replace(/^./, (c) => `\\u00${c.charCodeAt(0).toString(16)}`);
    const fields = [`"consent"${gaps[0]}:${gaps[1]}"${escaped}"`, `"at"${gaps[2]}:${gaps[3]}${atMs}`];
    if (standing || order > 3) fields.splice(order % 3, 0, `"standing"${gaps[4]}:${gaps[5]}${standing}`);
    if (order > 2) fields.reverse();
    return {
      consent,
      bytes: `${gaps[6]}{${gaps[7]}${fields.join(`${gaps[8]},${gaps[9]}`)}${gaps[10]}}${gaps[11]}`,
    };
  });

describe("an entry of a consent pool", () => {
  it("has this form, to the letter", () => {
    const consent = { id: "evt-1", atMs: 1_764_000_000_000, standing: false };
    expect(writeConsent(consent)).toBe('{"consent":"evt-1","at":1764000000000}');
    expect(writeConsent({ ...consent, standing: true })).toBe(
      '{"consent":"evt-1","at":1764000000000,"standing":true}',
    );
  });

  it("is read back as it was written", () => {
    fc.assert(
      fc.property(consents, (consent) => {
        expect(readConsent(writeConsent(consent))).toEqual({ readable: true, consent });
      }),
    );
  });

  it("is read whatever the order of its fields, its white space and its escapes", () => {
    fc.assert(
      fc.property(written, ({ consent, bytes }) => {
        expect(readConsent(bytes)).toEqual({ readable: true, consent });
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    "",
    "junk",
    "[]",
    '{"consent":"a"}',
    '{"at":1764000000000}',
    '{"consent":"a","at":1764000000}',
    '{"consent":"a","at":"1764000000000"}',
    '{"consent":"a","at":1764000000000.5}',
    '{"consent":"a","at":17640000000000}',
    '{"consent":"a b","at":1764000000000}',
    '{"consent":"","at":1764000000000}',
    '{"consent":"-","at":1764000000000}',
    '{"consent":"a\\"","at":1764000000000}',
    '{"consent":"\\u7528","at":1764000000000}',
    `{"consent":"${"x".repeat(129)}","at":1764000000000}`,
    '{"consent":"a","at":1764000000000,"standing":1}',
    '{"consent":"a","at":1764000000000,"standing":null}',
    '{"consent":"a","at":1764000000000,"uses":3}',
    '{"consent":"a","at":1764000000000,"__proto__":1}',
    '{"formId":"a","expire":1764000000000}',
    `{"consent":"a","at":1764000000000}${" ".repeat(65_536)}`,
  ])("is nothing else: %.60s", (bytes) => {
    expect(readConsent(bytes)).toEqual({ readable: false, why: expect.any(String) });
  });
});

describe("a consent", () => {
  const consent = { id: "a", atMs: 1_764_000_000_000, standing: false };
  const nowMs = consent.atMs + 1000;

  it("never expires unless a maximum age is set", () => {
    expect(consentState(consent, { nowMs: 9e12 })).toBe("valid");
    expect(consentState({ ...consent, standing: true }, { nowMs: 9e12 })).toBe("standing");
    expect(consentExpireMs(consent, undefined)).toBe(0);
  });

  it("expires at its maximum age, standing or not", () => {
    expect(consentState(consent, { nowMs, maxAgeMs: 1001 })).toBe("valid");
    expect(consentState(consent, { nowMs, maxAgeMs: 1000 })).toBe("expired");
    expect(consentState({ ...consent, standing: true }, { nowMs, maxAgeMs: 1000 })).toBe("expired");
    expect(consentExpireMs(consent, 1000)).toBe(nowMs);
  });
});
