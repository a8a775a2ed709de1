import { describe, expect, it } from "vitest";
import { PLAIN_VIEW, selectingView } from "../../src/output/document-view.ts";
import { jqView } from "../../src/output/jq.ts";

describe("fields of documents", () => {
  const document = {
    id: "b1",
    outcomes: { sent: 3, failed: 0 },
    templates: [
      { id: "t1", title: "one" },
      { id: "t2", title: "two" },
    ],
    finishedAt: null,
  };
  const select = (...paths: string[]) => JSON.parse(selectingView(paths, PLAIN_VIEW).whole(document));

  it.each([
    [["id"], { id: "b1" }],
    [["outcomes.sent"], { outcomes: { sent: 3 } }],
    [["templates.id"], { templates: [{ id: "t1" }, { id: "t2" }] }],
    [["outcomes.sent", "id", "outcomes.failed"], { outcomes: { sent: 3, failed: 0 }, id: "b1" }],
    [["outcomes.sent", "outcomes"], { outcomes: { sent: 3, failed: 0 } }],
    [["outcomes", "outcomes.sent"], { outcomes: { sent: 3, failed: 0 } }],
    // As stable a shape as can be: what is not there is null.
    [["reason", "id"], { reason: null, id: "b1" }],
    [["finishedAt.day"], { finishedAt: null }],
    [["id.length"], { id: null }],
    [["constructor"], { constructor: null }],
    [["__proto__"], { ["__proto__"]: null }],
  ])("%j", (paths, selected) => {
    expect(select(...paths)).toEqual(selected);
  });

  it("come in the order in which they were asked for", () => {
    const text = selectingView(["outcomes.sent", "id"], PLAIN_VIEW).lines([document]);
    expect(text).toBe('{"outcomes":{"sent":3},"id":"b1"}\n');
  });

  it("of a document that is a list are those of what is in it", () => {
    expect(selectingView(["a"], PLAIN_VIEW).lines([[{ a: 1, b: 2 }, { a: 2 }]])).toBe('[{"a":1},{"a":2}]\n');
  });
});

describe("jq", () => {
  const lines = async (expression: string, ...documents: unknown[]) =>
    (await jqView(expression)).lines(documents);

  it.each([
    [".a", [{ a: "x y" }], "x y\n"],
    [".a", [{ a: 1 }, { a: "two" }, { a: [3] }], "1\ntwo\n[3]\n"],
    [".a[]", [{ a: [1, { b: "中文😀" }] }], '1\n{"b":"中文😀"}\n'],
    ["empty", [{ a: 1 }], ""],
    ['select(.a > 1) | "\\(.a)"', [{ a: 1 }, { a: 2 }], "2\n"],
    // The package trims what jq prints.
    [".[]", [["", " x ", "", "y\n"]], "\n x \n\ny\n\n"],
    [".[0]", [[""]], "\n"],
    ["-1", [0], "-1\n"],
    ["def f: .a; f # of each", [{ a: 1 }, { a: 2 }], "1\n2\n"],
    [".", [{}], "{}\n"],
    ['.a | test("^o[A-Z]"; "i")', [{ a: "oab" }], "true\n"],
    ["{a, a: .b}", [{ a: 1, b: "2" }], '{"a":"2"}\n'],
  ])("%j of %j", async (expression, documents, text) => {
    expect(await lines(expression, ...documents)).toBe(text);
  });

  it("looks at each document by itself", async () => {
    await expect(lines("input", 1, 2)).rejects.toMatchObject({ message: "--jq 'input': break" });
    expect(await lines("[., input_line_number] | length", 1, 2)).toBe("2\n2\n");
  });

  it("lets no control character through to a terminal", async () => {
    expect(await lines(".", "a\u001b[31mb\u009bc\u202ed\te")).toBe("a\\u001b[31mb\\u009bc\\u202ed\te\n");
    const inJson = await lines(".", ["a\u001bb\u009bc\u202e"]);
    expect(inJson).toBe('["a\\u001bb\\u009bc\\u202e"]\n');
  });

  it("keeps on working after many errors", async () => {
    const view = await jqView(".a.b");
    for (let i = 0; i < 200; i++) expect(() => view.lines([{ a: [i] }])).toThrow("Cannot index array");
    expect(view.lines([{ a: { b: "well" } }])).toBe("well\n");
  });

  it("takes many documents at once", async () => {
    const documents = Array.from({ length: 20_000 }, (_, i) => ({ openId: `o${i}` }));
    expect((await lines(".openId", ...documents)).split("\n")).toHaveLength(20_001);
  });

  it.each(["", " ", ".a |", "nope", "foo(", ") | (.", ".a) | (.b", 'import "x" as x; .', "--version", "-n"])(
    "an expression like %j is a usage error in its own words",
    async (expression) => {
      await expect(jqView(expression)).rejects.toMatchObject({
        kind: "usage",
        message: expect.stringMatching(/^--jq '.*': \S/),
      });
    },
  );

  it("shows where an expression is wrong", async () => {
    const error = await jqView(".[] | nope").catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      message: "--jq '.[] | nope': nope/0 is not defined at <top-level>, line 1, column 7",
      details: ["    .[] | nope", "          ^^^^"],
    });
  });
});
