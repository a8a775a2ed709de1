import fc from "fast-check";
import { expect, it } from "vitest";
import { displayWidth } from "../../src/output/width.ts";
import { wrapWords } from "../../src/output/wrap.ts";

it("leaves what fits, and breaks the rest between words", () => {
  expect(wrapWords("one two", 7)).toBe("one two");
  expect(wrapWords("one two three", 9)).toBe("one two\nthree");
  expect(wrapWords("one two three", 9, 2)).toBe("one two\n  three");
  expect(wrapWords("短信 短信", 7)).toBe("短信\n短信");
});

it("a word that is too long for a line stays whole", () =>
  expect(wrapWords("see https://example.com/a/long/way", 10)).toBe("see\nhttps://example.com/a/long/way"));

it("colours take no room", () =>
  expect(wrapWords("\x1b[31merror:\x1b[39m it is so", 15)).toBe("\x1b[31merror:\x1b[39m it is so"));

it("no line is too long but for a single word, and no word is changed", () => {
  const word = fc.string({ unit: fc.constantFrom("a", "b", "短"), minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(fc.array(word, { minLength: 1 }), fc.integer({ min: 4, max: 40 }), (words, width) => {
      const wrapped = wrapWords(words.join(" "), width, 2);
      expect(wrapped.split(/\s+/)).toEqual(words);
      for (const line of wrapped.split("\n"))
        expect(displayWidth(line) <= width || !line.trim().includes(" ")).toBe(true);
    }),
  );
});
