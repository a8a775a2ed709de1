import { describe, expect, it } from "vitest";
import {
  formatCount,
  formatCounted,
  formatDuration,
  formatRate,
  formatShare,
  formatTime,
  visibleJson,
  visibleLines,
  visibleText,
} from "../../src/output/format.ts";

describe("formatCount", () => {
  it.each([
    [0, "0"],
    [999, "999"],
    [1234, "1,234"],
    [1234567, "1,234,567"],
    [-1234, "-1,234"],
  ])("%d is %s", (count, text) => expect(formatCount(count)).toBe(text));
});

describe("formatCounted", () => {
  it.each([
    [0, "0 pools"],
    [1, "1 pool"],
    [2000, "2,000 pools"],
  ])("%d", (count, text) => expect(formatCounted(count, "pool")).toBe(text));

  it("takes a plural that does not end in s", () =>
    expect(formatCounted(2, "entry", "entries")).toBe("2 entries"));
});

describe("formatDuration", () => {
  it.each([
    [0, "0 ms"],
    [-5, "0 ms"],
    [250.4, "250 ms"],
    [999.4, "999 ms"],
    [999.6, "1.0 s"],
    [1234, "1.2 s"],
    [59_940, "59.9 s"],
    [59_999, "1m 00s"],
    [200_000, "3m 20s"],
    [3_599_499, "59m 59s"],
    [3_599_500, "1h 00m"],
    [7_500_000, "2h 05m"],
    [86_399_999, "1d 0h"],
    [86_400_000 * 3 + 3_600_000 * 4, "3d 4h"],
    [86_400_000 * 400 + 3_600_000 * 4, "400d"],
    [Number.POSITIVE_INFINITY, "?"],
    [Number.NaN, "?"],
  ])("%d ms is %s", (ms, text) => expect(formatDuration(ms)).toBe(text));
});

describe("formatShare", () => {
  it("says 100.0% only of all of it", () => {
    expect(formatShare(1, 3)).toBe("33.3%");
    expect(formatShare(99_999, 100_000)).toBe("99.9%");
    expect(formatShare(100_000, 100_000)).toBe("100.0%");
  });
  it("gives no NaN for nothing of nothing", () => expect(formatShare(0, 0)).toBe("0.0%"));
});

describe("formatRate", () => {
  it.each([
    [1234.4, "1,234/s"],
    [9.96, "10/s"],
    [4.51, "4.5/s"],
    [0, "0.0/s"],
    [0.5, "30.0/m"],
    [Number.NaN, "?/s"],
  ])("%d a second is %s", (rate, text) => expect(formatRate(rate)).toBe(text));
});

describe("formatTime", () => {
  it("is local time", () => {
    expect(formatTime(new Date(2026, 10, 23, 18, 40, 12).getTime())).toBe("2026-11-23 18:40:12");
    expect(formatTime(new Date(2026, 0, 2, 3, 4, 5).getTime())).toBe("2026-01-02 03:04:05");
  });
  it("leaves a number that is no date as it is", () =>
    expect(formatTime(1e20)).toBe("100000000000000000000"));
});

describe("visibleText", () => {
  it("escapes what a terminal acts on or hides", () => {
    expect(visibleText("a\tb\nc\rd")).toBe("a\\tb\\nc\\rd");
    expect(visibleText("\x1b[2J\x07\x00\x7f\x9b")).toBe("\\x1b[2J\\x07\\x00\\x7f\\x9b");
    expect(visibleText("ab\u202egnp.exe\u2066\u200b\ufeff")).toBe("ab\\u202egnp.exe\\u2066\\u200b\\ufeff");
    expect(visibleText("\ud800")).toBe("\\ud800");
  });
  it("keeps readable text of any language", () => {
    const text = '短信 été 👍🏽 👨‍👩‍👧 – \\ "';
    expect(visibleText(text)).toBe(text);
  });
});

describe("visibleLines", () => {
  it("lets line ends, tabs and the colours of style.ts through, and nothing else", () => {
    expect(visibleLines("a\n\t\x1b[31mred\x1b[39m \x1b[22m")).toBe("a\n\t\x1b[31mred\x1b[39m \x1b[22m");
    expect(visibleLines("\x1b[2J \x1b[8m \x1b]0;t\x07 \r")).toBe("\\x1b[2J \\x1b[8m \\x1b]0;t\\x07 \\r");
  });
});

describe("visibleJson", () => {
  it("reads back as the same document", () => {
    const document = { text: "\x9b31m \u202e \x7f \x1b[2J 短信 \ud800" };
    const json = visibleJson(document);
    expect(json).toMatch(/^[^\x00-\x1f\x7f-\x9f\u202e]*$/);
    expect(JSON.parse(json)).toEqual(document);
  });
});
