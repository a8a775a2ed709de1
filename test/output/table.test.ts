import { describe, expect, it } from "vitest";
import { createStyle } from "../../src/output/style.ts";
import { renderRows, renderTable } from "../../src/output/table.ts";
import { displayWidth } from "../../src/output/width.ts";

const plain = createStyle(false);

describe("renderRows", () => {
  it("parts cells by tabs, has no header, and keeps a row on one line", () => {
    expect(
      renderRows([
        ["o1", 12, ""],
        ["o\t2\n", 3, "\x1b[2J"],
      ]),
    ).toBe("o1\t12\t\no\\t2\\n\t3\t\\x1b[2J\n");
  });
  it("is empty without rows", () => expect(renderRows([])).toBe(""));
});

describe("renderTable", () => {
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
});
