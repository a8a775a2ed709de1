import { describe, expect, it } from "vitest";
import { drawBar } from "../../src/output/bar.ts";
import { createStyle } from "../../src/output/style.ts";
import { renderTable } from "../../src/output/table.ts";
import { displayWidth } from "../../src/output/width.ts";

const plain = createStyle(false);

describe("renderTable", () => {
  it("continues words of our own in further lines instead of cutting them", async () => {
    const columns = [{ title: "errcode" }, { title: "meaning", wrap: true }];
    const words = "the quota of calls for this day is used up";
    const table = await renderTable(columns, [["45009", words]], 30, plain);
    expect(table).not.toContain("…");
    expect(table.split("\n").filter((line) => displayWidth(line) > 30)).toEqual([]);
    expect(
      table
        .split("\n")
        .slice(2)
        .map((line) => line.slice(9))
        .join(" ")
        .trim(),
    ).toBe(words);
  });
  it("leaves the titles out on request", async () => {
    expect(await renderTable([{ title: "openId" }, { title: "n" }], [["o1", 2]], 80, plain, false)).toBe(
      "o1  2\n",
    );
  });
  it("aligns numbers to the right under their title", async () => {
    const table = await renderTable(
      [{ title: "openId" }, { title: "valid" }, { title: "share", align: "right" }],
      [
        ["o1", 12, "3%"],
        ["o234567", 1, "100%"],
      ],
      80,
      plain,
    );
    expect(table).toBe(
      [
        "openId   valid  share",
        "───────  ─────  ─────",
        "o1          12     3%",
        "o234567      1   100%",
        "",
      ].join("\n"),
    );
  });

  it("lines up wide characters", async () => {
    const table = await renderTable(
      [{ title: "a" }, { title: "b" }],
      [
        ["短信", "x"],
        ["abc", "y"],
      ],
      80,
      plain,
    );
    expect(table.split("\n").slice(2, 4)).toEqual(["短信  x", "abc   y"]);
  });

  it("cuts the widest text to the terminal, the naming first column last, numbers never", async () => {
    const row = ["o123456789012345678901234567", 123456789, "errmsg ".repeat(20), "short"];
    const columns = ["openId", "count", "text", "s"].map((title) => ({ title }));
    const lines = (await renderTable(columns, [row], 70, plain)).trimEnd().split("\n");
    for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(70);
    expect(lines[2]).toContain("o123456789012345678901234567  123456789  errmsg");
    expect(lines[2]).toMatch(/…\s+short$/);
    const narrow = await renderTable(columns, [row], 45, plain);
    expect(narrow).toMatch(/^o\d+… {2}123456789 {2}errmsg er… {2}short$/m);
  });

  it("never cuts a column that is there to be copied", async () => {
    const columns = [{ title: "template" }, { title: "id", whole: true }, { title: "n" }];
    const id = "20261128-014905-w6lj";
    const [, , row] = (await renderTable(columns, [["t".repeat(43), id, 1]], 40, plain)).split("\n");
    expect(row).toBe(`${"t".repeat(14)}…  ${id}  1`);
  });

  it("cuts ids, which begin alike, in the middle", async () => {
    const rows = [1, 2].map((n) => [`oUser${String(n).padStart(23, "0")}`, "x".repeat(20)]);
    const columns = [
      { title: "openId", isId: true },
      { title: "reason", whole: true },
    ];
    const [, , first, second] = (await renderTable(columns, rows, 40, plain)).split("\n");
    expect(first).toBe(`oUser…${"0".repeat(11)}1  ${"x".repeat(20)}`);
    expect(second).toBe(`oUser…${"0".repeat(11)}2  ${"x".repeat(20)}`);
    const emoji = await renderTable(
      [
        { title: "openId", isId: true },
        { title: "b", whole: true },
      ],
      [["短信".repeat(9), "x".repeat(9)]],
      24,
      plain,
    );
    for (const line of emoji.split("\n")) expect(displayWidth(line)).toBeLessThanOrEqual(24);
  });

  it("lets no control sequence out of a cell", async () => {
    const table = await renderTable([{ title: "a" }], [["\x1b[2J\r\n\u202e"]], 80, plain);
    expect(table).toContain("\\x1b[2J\\r\\n\\u202e");
    expect(table).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/);
  });

  it("shows the titles alone without rows", async () => {
    expect(await renderTable([{ title: "openId" }, { title: "n" }], [], 80, plain)).toMatch(/^openId {2}n\n/);
  });

  it("paints the titles", async () => {
    const table = await renderTable([{ title: "openId" }], [["o1"]], 80, createStyle(true));
    expect(table).toContain("\x1b[1mopenId\x1b[22m");
  });

  const BARS = [{ title: "day" }, { title: "n" }, { title: "", bar: true }];
  const bars = (width: number, style = plain) =>
    renderTable(
      BARS,
      [
        ["短信", 12, 1],
        ["b", 3, 0.25],
        ["c", 1, 0.0001],
        ["d", 0, 0],
      ],
      width,
      style,
    );

  it("draws bars over the width that is left, whatever the width of the names", async () => {
    const lines = (await bars(30)).split("\n");
    expect(lines).toEqual([
      "day    n",
      `────  ──  ${"─".repeat(20)}`,
      `短信  12  ${"█".repeat(20)}`,
      `b      3  ${"█".repeat(5)}`,
      "c      1  ▏",
      "d      0",
      "",
    ]);
    for (const width of [15, 30, 80, 200])
      for (const line of (await bars(width)).split("\n"))
        expect(displayWidth(line)).toBeLessThanOrEqual(width);
    expect((await bars(200)).split("\n")[2]).toBe(`短信  12  ${"█".repeat(60)}`);
  });

  it("leaves bars out where there is no room for them", async () => {
    expect(await bars(14)).toBe("day    n\n────  ──\n短信  12\nb      3\nc      1\nd      0\n");
  });

  it("paints bars, and keeps within the width with it", async () => {
    const table = await bars(30, createStyle(true));
    expect(table).toContain(`\x1b[36m${"█".repeat(20)}\x1b[39m`);
    for (const line of table.split("\n")) expect(displayWidth(line)).toBeLessThanOrEqual(30);
  });
});

it("draws bars to an eighth of a cell, and never beyond", () => {
  expect([0, 1 / 16, 0.5, 0.9, 1, 2, -1, Number.NaN].map((share) => drawBar(share, 2))).toEqual([
    "",
    "▏",
    "█",
    "█▊",
    "██",
    "██",
    "",
    "",
  ]);
  expect(drawBar(0.5, 0)).toBe("");
});
