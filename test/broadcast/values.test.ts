import fc from "fast-check";
import { expect, test } from "vitest";
import type { Message } from "../../src/broadcast/channel.ts";
import { createRenderer, readPlaceholders, withTexts } from "../../src/broadcast/values.ts";

const read = (values: string[], page?: string) =>
  readPlaceholders({ templateId: "t", values, page, options: {} });

function message(values: string[], page?: string): Message {
  const { columns, ...input } = read(values, page);
  const fields = input.values.map((value, i) => ({ name: `keyword${i + 1}`, value }));
  return { templateId: "t", fields, page: input.page, columns };
}

test("a message names its columns once, in the order of its texts", () => {
  expect(read(["{{b}} {{ a }}", "x", "{{b}}"], "p?{{c}}")).toMatchObject({
    values: ["{{b}} {{ a }}", "x", "{{b}}"],
    page: "p?{{c}}",
    columns: ["b", "a", "c"],
  });
});

test("without columns its texts are what they will be", () => {
  expect(read(["{{{{a}}", "}} {"], "{{{{")).toEqual({
    templateId: "t",
    options: {},
    values: ["{{a}}", "}} {"],
    page: "{{",
  });
  expect(createRenderer(message(["a"]))).toBeUndefined();
});

test("only texts of the recipient's own are made", () => {
  const own = createRenderer(message(["{{a}}", "x", "{{{{"], "p"))!(["1"]);
  expect(own).toEqual({ values: ["1", undefined, "{{"], page: undefined });
});

test("whatever stands around and in the values, it comes out as it went in", () => {
  const plain = fc.string({ unit: "grapheme" }).filter((text) => !/[{}]/.test(text));
  const piece = fc.oneof(
    plain.map((text) => ({ text })),
    fc.nat(4).map((column) => ({ column })),
  );
  fc.assert(
    fc.property(fc.array(piece), fc.array(fc.string(), { minLength: 5, maxLength: 5 }), (pieces, values) => {
      const written = pieces.map((one) => ("text" in one ? one.text : `{{c${one.column}}}`)).join("");
      const draft = message([written, "{{c0}}"]);
      const row = draft.columns!.map((name) => values[Number(name.slice(1))]!);
      const wanted = pieces.map((one) => ("text" in one ? one.text : values[one.column])).join("");
      const { fields } = withTexts(draft, createRenderer(draft)!(row));
      expect(fields.map(({ value }) => value)).toEqual([wanted, values[0]]);
    }),
  );
});
