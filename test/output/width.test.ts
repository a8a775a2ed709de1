import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutToWidth, displayWidth } from "../../src/output/width.ts";

describe("displayWidth", () => {
  it.each([
    ["abc", 3],
    ["短信", 4],
    ["한글かな", 8],
    ["e\u0301", 1],
    ["👍", 2],
    ["\x1b[31mred\x1b[39m", 3],
    ["", 0],
    ["⌚✅⭐", 6],
    ["👨‍👩‍👧‍👦", 2],
    ["👍🏽", 2],
    ["🇨🇳🇩🇪", 4],
    ["❤️", 2],
    ["1️⃣", 2],
    ["🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}", 2],
    ["短👨‍👩‍👧信 e\u0301", 8],
    ["\x1b[31m🇨🇳\x1b[39m", 2],
  ])("%j takes %d", (text, width) => expect(displayWidth(text)).toBe(width));
});

describe("cutToWidth", () => {
  it("leaves what fits", () => expect(cutToWidth("短信", 4)).toBe("短信"));
  it("marks the cut and keeps characters whole", () => {
    expect(cutToWidth("abcdef", 4)).toBe("abc…");
    expect(cutToWidth("短信息", 4)).toBe("短…");
    expect(cutToWidth("👍👍👍", 4)).toBe("👍…");
    expect(cutToWidth("👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧", 4)).toBe("👨‍👩‍👧…");
    expect(cutToWidth("🇨🇳🇩🇪🇫🇷", 4)).toBe("🇨🇳…");
  });
  it("closes a colour that it cuts", () => {
    expect(cutToWidth("\x1b[31mabcdef\x1b[39m", 4)).toBe("\x1b[31mabc…\x1b[0m");
  });
  it("makes one line of several", () => expect(cutToWidth("a\n  b", 10)).toBe("a b"));
  it("never exceeds the width, whatever the text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 0, max: 30 }), (text, width) => {
        expect(displayWidth(cutToWidth(text, width))).toBeLessThanOrEqual(width);
      }),
    );
  });
});
