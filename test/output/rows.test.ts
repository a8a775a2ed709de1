import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RowWriter, toPairs } from "../../src/output/rows.ts";

const COLUMNS = [{ title: "openId" }, { title: "expires in", name: "nextExpiry" }];

describe("rows separated by tabs", () => {
  const render = (header?: boolean) => new RowWriter("tsv", header).render(COLUMNS, [["o\t1\n", "\x1b[2J"]]);

  it("have no header, and keep a row on one line", () => expect(render()).toBe("o\\t1\\n\t\\x1b[2J\n"));
  it("have one on request, with the names of fields", () =>
    expect(render(true)).toBe("openId\tnextExpiry\no\\t1\\n\t\\x1b[2J\n"));
});

describe("CSV", () => {
  it("has one header however many pieces the rows come in, and another for other columns", () => {
    const writer = new RowWriter("csv", undefined);
    expect(writer.render(COLUMNS, [["o1", 1]])).toBe("openId,nextExpiry\r\no1,1\r\n");
    expect(writer.render(COLUMNS, [["o2", ""]])).toBe("o2,\r\n");
    expect(writer.render([{ title: "n" }], [])).toBe("n\r\n");
  });
  it("has none with header false", () =>
    expect(new RowWriter("csv", false).render(COLUMNS, [["o1", 1]])).toBe("o1,1\r\n"));
  it("is read back by a CSV parser, whatever printable text is in it", () => {
    const cell = fc.string({ unit: fc.constantFrom("a", '"', ",", "\n", "短", " ", "'") });
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1 }), (rows) => {
        const text = new RowWriter("csv", true).render(COLUMNS, rows);
        expect(parse(text)).toEqual([["openId", "nextExpiry"], ...rows]);
      }),
    );
  });
  it("holds no control character that a terminal would obey", () =>
    expect(new RowWriter("csv", false).render(COLUMNS, [["\x1b[2J", "a\rb"]])).toBe("\\x1b[2J,a\\rb\r\n"));
});

it("a list of openIds is nothing but those", () => {
  const writer = new RowWriter("openid", undefined);
  expect(
    writer.render(
      [{ title: "n" }, { title: "openId" }],
      [
        [1, "o1"],
        [2, "o2"],
      ],
    ),
  ).toBe("o1\no2\n");
});

it("the pairs of a document are the paths of its values", () => {
  const document = { a: 1, b: { c: null, d: "x" }, e: [{ f: true }, { f: 0.5 }], g: [], h: {}, i: undefined };
  expect(toPairs(document)).toEqual([
    ["a", 1],
    ["b.c", "-"],
    ["b.d", "x"],
    ["e.0.f", "true"],
    ["e.1.f", 0.5],
  ]);
});
