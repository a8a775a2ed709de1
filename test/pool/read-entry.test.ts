import { describe, expect, it } from "vitest";
import { codeState, usesOf, writeEntry } from "../../src/pool/code.ts";
import { readEntry } from "../../src/pool/read-entry.ts";
import {
  again,
  GARBAGE_FORM_IDS,
  MS,
  READABLE,
  READABLE_BY_TOOL,
  UNREADABLE,
  UNREADABLE_BY_TOOL,
} from "./forms.ts";
import { CRAFTED } from "./java/crafted.ts";
import { JAVA_READABLE, JAVA_UNREADABLE, javaEntry } from "./java/forms.ts";

it.each([...READABLE, ...READABLE_BY_TOOL])("reads %s", (_, bytes, codes) => {
  expect(readEntry(bytes)).toEqual({ readable: true, codes });
});

it.each(UNREADABLE)("does not understand %s", (_, bytes, why) => {
  expect(readEntry(bytes)).toEqual({ readable: false, why });
});

it.each(UNREADABLE_BY_TOOL)("does not choose between %s", (_, bytes) => {
  expect(readEntry(bytes)).toEqual({ readable: false, why: "not a code" });
});

describe("Java serialization", () => {
  it.each(JAVA_READABLE)("is read: %s", (_, bytes, codes) => {
    expect(readEntry(bytes)).toEqual({ readable: true, codes });
  });

  it.each(JAVA_UNREADABLE)("is not understood: %s", (_, bytes, why) => {
    expect(readEntry(bytes)).toMatchObject({ readable: false, why });
  });

  it("is shown with its formId when it has nothing else", () => {
    const entry = readEntry(javaEntry("a formId in a String"));
    expect(entry).toEqual({ readable: false, why: "no expiry", formId: "a1b2c3" });
  });

  it("tells garbage in the place of a formId", () => {
    const entry = readEntry(javaEntry("garbage for a formId"));
    const formId = "the formId is a mock one";
    expect(entry).toEqual({ readable: true, codes: [{ formId, wellFormed: false, expireMs: MS }] });
  });

  it.each(JAVA_READABLE)("is read only when whole, with nothing behind it: %s", (_, bytes) => {
    for (let length = 4; length < bytes.length; length++) {
      expect(readEntry(bytes.slice(0, length)).readable).toBe(false);
    }
    expect(readEntry(`${bytes}p`)).toEqual({ readable: false, why: "java" });
  });

  it.each(CRAFTED)("is read or not, but in a moment: %s", (_, bytes, readable) => {
    const code = { formId: "a1b2c3", wellFormed: true, expireMs: MS };
    const entry = readEntry(bytes);
    expect(entry).toEqual(readable ? { readable, codes: [code] } : { readable, why: "java" });
  });

  it("is read up to 2,048 bytes", () => {
    const json = `{"formId":"a","expire":${MS}}`;
    const ofLength = (length: number) =>
      `\xac\xed\x00\x05t${String.fromCharCode((length - 7) >> 8, (length - 7) & 255)}${json.padEnd(length - 7)}`;
    expect(readEntry(ofLength(2048)).readable).toBe(true);
    expect(readEntry(ofLength(2049))).toEqual({ readable: false, why: "too long" });
  });
});

it.each(GARBAGE_FORM_IDS)("reads garbage in the place of a formId, and knows it: %j", (formId) => {
  const entry = readEntry(JSON.stringify({ formId, expire: MS }));
  expect(entry).toEqual({
    readable: true,
    codes: [{ formId, wellFormed: false, expireMs: MS }],
  });
});

it.each(["a", "0", "!", "~", "%d.*[^x]", "the", "undefined1", "Null", "x".repeat(128)])(
  "takes %j for a formId",
  (formId) => {
    const entry = readEntry(JSON.stringify({ formId, expire: MS }));
    expect(entry).toEqual({ readable: true, codes: [{ formId, wellFormed: true, expireMs: MS }] });
  },
);

it("reads entries up to 65,536 bytes, and up to 8 levels", () => {
  const core = `{"formId":"a","expire":${MS}}`;
  expect(readEntry(core + " ".repeat(65_536 - core.length)).readable).toBe(true);
  expect(readEntry(core + " ".repeat(65_537 - core.length)).readable).toBe(false);
  const nested = (levels: number) => `{"x":${"[".repeat(levels)}${"]".repeat(levels)},${core.slice(1)}`;
  expect(readEntry(nested(7)).readable).toBe(true);
  expect(readEntry(nested(8)).readable).toBe(false);
  // The string around it is no level: its content is read as a document of its own.
  expect(readEntry(again(nested(7))).readable).toBe(true);
});

it("decodes escapes to the bytes of UTF-8, a lone surrogate to three of its own", () => {
  const formIdOf = (json: string) => {
    const entry = readEntry(`{"formId":"${json}","expire":${MS}}`);
    return entry.readable ? Buffer.from(entry.codes[0]!.formId, "latin1") : undefined;
  };
  expect(formIdOf("\\u8868\\u00e9\\u0041")).toEqual(Buffer.from("表éA"));
  expect(formIdOf("\\ud83d")).toEqual(Buffer.from([0xed, 0xa0, 0xbd]));
  expect(formIdOf('\\b\\f\\n\\r\\t\\"\\\\\\/\\u0000')).toEqual(Buffer.from('\b\f\n\r\t"\\/\0'));
  for (const bad of ["\\x41", "\\u12", "\\u12g4", "\\", "\\'"]) expect(formIdOf(bad)).toBeUndefined();
});

describe("a code", () => {
  const code = { formId: "a", wellFormed: true, expireMs: MS };

  it("is valid to the last ms before its expiry", () => {
    expect(codeState(code, MS - 1)).toBe("valid");
    expect(codeState(code, MS)).toBe("expired");
  });

  it("with garbage for a formId is never valid, and expires like others", () => {
    expect(codeState({ ...code, wellFormed: false }, MS - 1)).toBe("invalid");
    expect(codeState({ ...code, wellFormed: false }, MS)).toBe("expired");
  });

  it("is good for one message unless it says otherwise", () => {
    expect([usesOf(code), usesOf({ ...code, uses: 3 })]).toEqual([1, 3]);
  });

  it.each([
    [{ formId: "a1b2c3", expireMs: MS }, `{"formId":"a1b2c3","expire":${MS}}`],
    [{ formId: "a1b2c3", expireMs: MS, uses: 1 }, `{"formId":"a1b2c3","expire":${MS}}`],
    [{ formId: "a1b2c3", expireMs: MS, uses: 3 }, `{"formId":"a1b2c3","expire":${MS},"uses":3}`],
    [{ formId: "a1b2c3", expireMs: MS, scene: 2 }, `{"formId":"a1b2c3","expire":${MS},"scene":2}`],
    [
      { formId: "a1b2c3", expireMs: MS, uses: 3, scene: 3 },
      `{"formId":"a1b2c3","expire":${MS},"uses":3,"scene":3}`,
    ],
  ])("is written in the plain form: %j", (given, entry) => {
    expect(writeEntry(given)).toBe(entry);
    const read = readEntry(entry);
    expect(read.readable && read.codes[0]?.expireMs).toBe(MS);
  });
});
