import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createConsentKeys, createConsentPoolKeys } from "../../src/redis/consent-keys.ts";
import { isOpenId } from "../../src/redis/keys.ts";
import { slotOf } from "../../src/redis/slots.ts";

const OPEN_ID = "oGZUI0egBJY1zhBYw2KhdUfwVJJE";
const TEMPLATE = "M0CrXTpTVO2zD9mHwFp-jvoUaxw4XbzxBsHnOsewN_8";
const keys = createConsentKeys({ keyPrefix: "mina:", templateId: TEMPLATE });
const all = createConsentPoolKeys({ keyPrefix: "mina:" });

it("makes these keys, to the letter", () => {
  expect({
    pool: keys.pool("o1"),
    ledger: keys.ledger("o1"),
    receipts: keys.receipts("o1"),
    seen: keys.seen("o1"),
    pairs: keys.pairs(["o1", "o2"]),
    shown: keys.shownPool("*"),
    anyPool: keys.anyPool,
    poolsLike: keys.poolsLike("o[1]*"),
    anyLedger: keys.anyLedger,
    broadcast: keys.broadcast("b"),
    accessToken: keys.accessToken("wx0123456789abcdef"),
    lock: keys.lock("purge"),
  }).toEqual({
    pool: `mina:consent:{o1}:${TEMPLATE}`,
    ledger: "mina:consent:{o1}:sends",
    receipts: "mina:consent:{o1}:receipts",
    seen: "mina:consent:{o1}:seen",
    pairs: [
      `mina:consent:{o1}:${TEMPLATE}`,
      "mina:consent:{o1}:sends",
      `mina:consent:{o2}:${TEMPLATE}`,
      "mina:consent:{o2}:sends",
    ],
    shown: `mina:consent:{*}:${TEMPLATE}`,
    anyPool: `mina:consent:{*}:${TEMPLATE}`,
    poolsLike: `mina:consent:{o[1]*}:${TEMPLATE}`,
    anyLedger: "mina:consent:{*}:sends",
    broadcast: "mina:broadcast:b",
    accessToken: "mina:access_token:wx0123456789abcdef",
    lock: "mina:lock:purge",
  });
  expect(all.pool({ openId: "o1", templateId: "T" })).toBe("mina:consent:{o1}:T");
  expect(all.poolsLike("*")).toBe("mina:consent:{*}:*");
});

it("takes a prefix of its own for the consents alone", () => {
  const own = createConsentKeys({ keyPrefix: "m:", consentPrefix: "a[b]:", templateId: "T" });
  expect([own.pool("o1"), own.ledger("o1"), own.lock("x")]).toEqual([
    "a[b]:{o1}:T",
    "a[b]:{o1}:sends",
    "m:lock:x",
  ]);
  expect([own.anyPool, own.anyLedger]).toEqual(["a\\[b\\]:{*}:T", "a\\[b\\]:{*}:sends"]);
});

it("names one ACL pattern for all that is kept of users", () => {
  for (const key of [keys.pool("o1"), keys.ledger("o1"), keys.receipts("o1"), keys.seen("o1")])
    expect(keys.aclPatternOf(String(key))).toBe("mina:consent:{*");
  expect(keys.aclPatternOf("mina:lock:x")).toBe("mina:lock:*");
  expect(keys.aclPatternOf("mina:openid:o1")).toBeUndefined();
});

it("knows an openId, and each of a user's keys", () => {
  const other = all.pool({ openId: OPEN_ID, templateId: "T" });
  const shown = [keys.pool(OPEN_ID), keys.ledger(OPEN_ID), keys.seen(OPEN_ID), keys.receipts(OPEN_ID)];
  for (const text of [OPEN_ID, other, ...shown.map(String)]) expect(keys.toOpenId(text)).toBe(OPEN_ID);
  for (const text of ["", "a b", "mina:consent:{a b}:T"]) expect(keys.toOpenId(text)).toBeUndefined();
});

it("has all keys of a user in one slot, and reads openId and template off them", () => {
  const openId = fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }).filter(isOpenId);
  const templateId = fc.stringMatching(/^[\w-]{1,64}$/).filter((id) => !/^(sends|seen|receipts)$/.test(id));
  const prefix = fc.constantFrom(undefined, "", "consent:", "sends:", ":");
  fc.assert(
    fc.property(prefix, openId, templateId, (consentPrefix, user, template) => {
      const prefixes = { keyPrefix: "mina:", consentPrefix };
      const some = createConsentKeys({ ...prefixes, templateId: template });
      const of = [some.pool(user), some.ledger(user), some.receipts(user), some.seen(user)];
      expect(new Set(of.map(slotOf)).size).toBe(1);
      expect(new Set(of.map(String)).size).toBe(4);
      expect(some.openIdOfPool(some.pool(user))).toBe(user);
      expect(some.openIdOfLedger(some.ledger(user))).toBe(user);
      const pools = createConsentPoolKeys(prefixes);
      expect(pools.pool({ openId: user, templateId: template })).toBe(some.pool(user));
      expect(pools.poolOf(some.pool(user))).toEqual({ openId: user, templateId: template });
    }),
    { numRuns: 500 },
  );
});

describe("keys that are no pools", () => {
  it.each(["sends", "receipts", "seen"])("are those that end in %s", (word) => {
    expect(all.poolOf(`mina:consent:{o1}:${word}`)).toBeUndefined();
    expect(all.isBeside(`mina:consent:{o1}:${word}`)).toBe(true);
    expect(keys.openIdOfPool(`mina:consent:{o1}:${word}`)).toBeUndefined();
  });

  it.each([
    "mina:consent:{o1}:a b",
    "mina:consent:{o1}:",
    "mina:consent:{}:T",
    "mina:consent:{o1}:T}:U",
    `mina:consent:{o1}:${"x".repeat(65)}`,
    "mina:consent:o1:T",
    "mina:openid:o1",
  ])("are such as %s", (key) => {
    expect(all.poolOf(key)).toBeUndefined();
    expect(all.isBeside(key)).toBe(false);
  });
});

it.each(["", "sends", "receipts", "seen", "a b", "a*", "a}", "用", "x".repeat(65)])(
  "refuses the template id '%s'",
  (templateId) => {
    expect(() => createConsentKeys({ keyPrefix: "mina:", templateId })).toThrow(
      expect.objectContaining({ kind: "usage", message: `'${templateId}' is not a template id` }),
    );
  },
);

it.each(["{a}:", "a}b", "{"])("refuses the prefix %s, whose tag would be another", (consentPrefix) => {
  expect(() => createConsentPoolKeys({ keyPrefix: "mina:", consentPrefix })).toThrow(
    expect.objectContaining({ kind: "config", message: expect.stringContaining(`'${consentPrefix}'`) }),
  );
});
