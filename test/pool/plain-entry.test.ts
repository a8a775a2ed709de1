import fc from "fast-check";
import { expect, it } from "vitest";
import { readPlain, readPlainExpiry } from "../../src/pool/plain-entry.ts";
import { readEntry } from "../../src/pool/read-entry.ts";
import { writerOf } from "../../src/pool/writer.ts";

/** Pieces that the short cut goes by, and such as nearly fit. */
const formId = fc.oneof(
  fc.stringMatching(/^[\w-]{8,66}$/),
  fc.stringMatching(/^[!-~]{8,20}$/),
  fc.constantFrom("undefined", "null", "requestFormId:fail", "the formId is a mock one", "", "1l2L3l4L5l6L"),
);
const expire = fc.oneof(
  fc.stringMatching(/^1[0-9]{12}$/),
  fc.stringMatching(/^[0-9]{9,15}$/),
  fc.constantFrom("1568000000000.5", "1568000000000L", "-1568000000000", '"1568000000000"', "1e12", "null"),
);
const shape = fc.constantFrom(
  ['{"formId":"', '","expire":', "}"],
  ['{"formId":"', '","uses":2,"expire":', "}"],
  ['{"formId":"', '","expire":', ',"uses":2}'],
  ['{"formId":"', '", "expire":', "}"],
  ['{"form_id":"', '","expire":', "}"],
  ['[{"formId":"', '","expire":', "}]"],
  ['{"formId":"', '","expire":', "}\n"],
  ['{"formId":"', '","expire":', ""],
);
const entry = fc
  .tuple(shape, formId, expire)
  .map(([[head = "", middle = "", tail = ""], id, time]) => `${head}${id}${middle}${time}${tail}`);

/** A space before a document changes nothing but that it is not of the plain form. */
const readWithoutShortCut = (bytes: string) => readEntry(` ${bytes}`);

it("reads an entry by the short cut as without it", () => {
  let plain = 0;
  const check = (bytes: string) => {
    expect(readEntry(bytes)).toEqual(readWithoutShortCut(bytes));
    const code = readPlain(bytes);
    expect(readPlainExpiry(bytes)).toBe(code?.expireMs);
    if (!code) return;
    plain++;
    expect(readWithoutShortCut(bytes)).toEqual({ readable: true, codes: [code] });
    expect(code.wellFormed).toBe(true);
    expect(writerOf(bytes)).toBe("plain");
  };
  fc.assert(fc.property(entry, check), { numRuns: 5000 });
  expect(plain).toBeGreaterThan(50);
});

it("takes the short cut for what backends write, and for nothing with a doubt", () => {
  const plain = '{"formId":"1f2e3d4c5b6a79880a1b2c3d00000001","expire":1568000000000}';
  expect(readPlain(plain)).toEqual({
    formId: "1f2e3d4c5b6a79880a1b2c3d00000001",
    wellFormed: true,
    expireMs: 1_568_000_000_000,
  });
  for (const other of [` ${plain}`, `${plain}\n`, plain.replace("1f2e", '1\\"'), plain.replace("15", "25")]) {
    expect(readPlain(other)).toBeUndefined();
  }
});
