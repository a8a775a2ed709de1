import type { Token, Tokens } from "marked";
import type { Style } from "../style.ts";
import { displayWidth } from "../width.ts";
import { renderGrid } from "./grid.ts";
import { CELL_LOOKS, type Inline, inlineLooks, inlineRuns } from "./inline.ts";
import { wrapRuns } from "./wrap.ts";

interface Look {
  style: Style;
  inline: Inline;
}

/** Longer lines of prose are hard to read. */
const WIDEST_PROSE = 100;

/**
 * Renders Markdown for a terminal, in lines of at most `width` cells; code is never broken, and may be wider. Loads the
 * parser.
 */
export async function renderMarkdown(markdown: string, width: number, style: Style): Promise<string> {
  const { marked } = await import("marked");
  const lines = await renderBlocks(marked.lexer(markdown), width, { style, inline: inlineLooks(style) });
  return `${lines.join("\n")}\n`;
}

/** Renders blocks separated by empty lines. */
async function renderBlocks(tokens: readonly Token[], width: number, look: Look): Promise<string[]> {
  const blocks: string[][] = [];
  for (const token of tokens) {
    const lines = await renderBlock(token, width, look);
    if (lines.length > 0) blocks.push(lines);
  }
  return blocks.flatMap((lines, i) => (i > 0 ? ["", ...lines] : lines));
}

async function renderBlock(token: Token, width: number, look: Look): Promise<string[]> {
  switch (token.type) {
    case "heading":
      return renderHeading(token as Tokens.Heading, width, look);
    case "code":
      return token.text.split("\n").map((line: string) => (line === "" ? "" : `    ${line}`));
    case "table":
      return renderTableToken(token as Tokens.Table, width, look);
    case "list":
      return renderList(token as Tokens.List, width, look);
    case "blockquote":
      return (await renderBlocks(token.tokens ?? [], width - 2, look)).map((line) => `│ ${line}`.trimEnd());
    case "hr":
      return ["─".repeat(Math.min(width, WIDEST_PROSE))];
    case "html": // comments, and elements for browsers only
    case "space":
    case "def":
      return [];
    default: {
      const { tokens = [token] } = token as Tokens.Generic;
      return wrapRuns(inlineRuns(tokens, look.inline), Math.min(width, WIDEST_PROSE));
    }
  }
}

/** Without bold type, a line below marks a heading. */
function renderHeading({ depth, tokens }: Tokens.Heading, width: number, { style, inline }: Look): string[] {
  const lines = wrapRuns(inlineRuns(tokens, inline, style.bold), width);
  if (depth > 2 || style.bold("x") !== "x") return lines;
  const longest = Math.max(...lines.map(displayWidth));
  return [...lines, (depth === 1 ? "=" : "-").repeat(longest)];
}

async function renderTableToken(table: Tokens.Table, width: number, look: Look): Promise<string[]> {
  const textOf = ({ tokens }: Tokens.TableCell) =>
    inlineRuns(tokens, CELL_LOOKS)
      .map(({ text }) => text)
      .join("");
  const grid = {
    titles: table.header.map(textOf),
    aligns: table.align.map((align) => (align === "right" ? ("right" as const) : ("left" as const))),
    rows: table.rows.map((row) => row.map(textOf)),
  };
  return (await renderGrid(grid, width, look.style)).trimEnd().split("\n");
}

async function renderList(list: Tokens.List, width: number, look: Look): Promise<string[]> {
  const first = Number(list.start) || 1;
  const items: string[][] = [];
  for (const [i, item] of list.items.entries()) {
    const mark = list.ordered ? `${first + i}. ` : "- ";
    const blank = " ".repeat(mark.length);
    const lines = await renderItem(item, Math.min(width, WIDEST_PROSE) - mark.length, look);
    items.push(lines.map((line, n) => (n === 0 ? mark + line : line === "" ? "" : blank + line)));
  }
  return items.flatMap((lines, i) => (list.loose && i > 0 ? ["", ...lines] : lines));
}

/** A nested list follows directly if the list is tight. */
async function renderItem(item: Tokens.ListItem, width: number, look: Look): Promise<string[]> {
  const lines: string[] = [];
  for (const token of item.tokens) {
    const block = await renderBlock(token, width, look);
    if (block.length === 0) continue;
    if (lines.length > 0 && (item.loose || token.type === "code" || token.type === "table")) lines.push("");
    lines.push(...block);
  }
  return lines;
}
