import fc from "fast-check";
import { expect, it } from "vitest";
import { renderMarkdown } from "../../../src/output/markdown/render.ts";
import { createStyle } from "../../../src/output/style.ts";
import { displayWidth } from "../../../src/output/width.ts";

const PLAIN = createStyle(false);
const COLORS = createStyle(true);

it("underlines headings where there is no bold type, and leaves code as it is", async () => {
  const text = "# Title\n\nSome `code`, **strong**.\n\n## Part\n\n```\n$ a   b\n\n  c\n```\n";
  expect(await renderMarkdown(text, 80, PLAIN)).toBe(
    "Title\n=====\n\nSome `code`, strong.\n\nPart\n----\n\n    $ a   b\n\n      c\n",
  );
  expect(await renderMarkdown(text, 80, COLORS)).toBe(
    "\x1b[1mTitle\x1b[22m\n\nSome \x1b[36mcode\x1b[39m, \x1b[1mstrong\x1b[22m.\n\n\x1b[1mPart\x1b[22m\n\n    $ a   b\n\n      c\n",
  );
});

it("shows links as their text, those to other sites with their address, and no comments", async () => {
  const text = "<!-- run -->\n\nSee [Redis](redis.md#tls), [WeChat](https://a.b/c), <https://d.e>.\n";
  expect(await renderMarkdown(text, 80, PLAIN)).toBe("See Redis, WeChat (https://a.b/c), https://d.e.\n");
});

it("wraps lists with their text below the text", async () => {
  const text = "- one two three four\n  - inner item\n- five\n\n1. first of all things\n2. second\n";
  expect(await renderMarkdown(text, 14, PLAIN)).toBe(
    "- one two\n  three four\n  - inner item\n- five\n\n1. first of\n   all things\n2. second\n",
  );
});

it("breaks Chinese between characters, but not before closing or behind opening marks", async () => {
  expect(await renderMarkdown("每个用户最多收到一次消息。", 12, PLAIN)).toBe(
    "每个用户最多\n收到一次消\n息。\n",
  );
  expect(await renderMarkdown("推送（广播）消息", 6, PLAIN)).toBe("推送\n（广\n播）消\n息\n");
  expect(await renderMarkdown("用 push-cli 发送消息", 12, PLAIN)).toBe(
    "用 push-cli \n发送消息\n".replace(" \n", "\n"),
  );
});

it("wraps the cells of a table that is too wide, without losing a word", async () => {
  const text = "| name | what |\n|---|---|\n| `a` | one two three four five |\n| b | six |\n";
  expect(await renderMarkdown(text, 20, PLAIN)).toBe(
    "name  what\n────  ─────────────\na     one two three\n      four five\n\nb     six\n",
  );
  expect(await renderMarkdown(text, 80, PLAIN)).toBe(
    "name  what\n────  ───────────────────────\na     one two three four five\nb     six\n",
  );
});

const word = fc.constantFrom(
  "a",
  "push-cli",
  "推送",
  "广播，",
  "（是）",
  "x".repeat(30),
  "`code`",
  "**b**",
  "é😀",
  "[l](m.md)",
);
const sentence = fc.array(word, { minLength: 1, maxLength: 30 }).map((words) => words.join(" "));
const block = fc.oneof(
  sentence,
  sentence.map((text) => `## ${text}`),
  fc
    .array(sentence, { minLength: 1, maxLength: 4 })
    .map((items) => items.map((item) => `- ${item}`).join("\n")),
  fc
    .array(fc.tuple(sentence, sentence), { minLength: 1, maxLength: 4 })
    .map((rows) =>
      ["| a title | 另一个 |", "|---|---|", ...rows.map((cells) => `| ${cells.join(" | ")} |`)].join("\n"),
    ),
);

it("is never wider than asked for, and loses no letter, whatever the text", async () => {
  const letters = (text: string) =>
    [...text.replace(/[\s`*#|\-─=[\]()]|m\.md|\x1b\[\d+m/g, "")].sort().join("");
  await fc.assert(
    fc.asyncProperty(
      fc.array(block, { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 24, max: 120 }),
      fc.boolean(),
      async (blocks, width, colored) => {
        const text = blocks.join("\n\n");
        const shown = await renderMarkdown(text, width, colored ? COLORS : PLAIN);
        expect(shown.split("\n").filter((line) => displayWidth(line) > width)).toEqual([]);
        expect(letters(shown)).toBe(letters(text));
      },
    ),
    { numRuns: 150 },
  );
}, 60_000);
