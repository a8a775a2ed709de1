import type { Token, Tokens } from "marked";
import type { Style } from "../style.ts";
import type { Run } from "./wrap.ts";

type Paint = Run["paint"];

/** The styles of the parts of a line. */
export interface Inline {
  strong: Paint;
  code: Paint;
  /** Code is shown in backticks. */
  quotesCode: boolean;
}

const plain: Paint = (text) => text;

/** Without colours, backticks mark code. */
export function inlineLooks(style: Style): Inline {
  return { strong: style.bold, code: style.cyan, quotesCode: style.cyan("x") === "x" };
}

/** For cells: a table has its own colours. */
export const CELL_LOOKS: Inline = { strong: plain, code: plain, quotesCode: false };

/**
 * The runs of a paragraph's tokens. A link is shown as its text, followed by its address if that is on another
 * site.
 */
export function inlineRuns(tokens: readonly Token[], looks: Inline, paint: Paint = plain): Run[] {
  return tokens.flatMap((token) => runsOf(token, looks, paint));
}

function runsOf(token: Token, looks: Inline, paint: Paint): Run[] {
  const within = (inner: Paint) => inlineRuns((token as Tokens.Generic).tokens ?? [], looks, inner);
  switch (token.type) {
    case "strong":
      return within(looks.strong);
    case "em":
    case "del":
      return within(paint);
    case "codespan":
      return [{ text: looks.quotesCode ? `\`${token.text}\`` : token.text, paint: looks.code }];
    case "link": {
      const isAddress = /^https?:/.test(token.href) && token.href !== token.text;
      return [...within(paint), ...(isAddress ? [{ text: ` (${token.href})`, paint }] : [])];
    }
    case "image":
      return [{ text: token.text, paint }];
    case "br":
      return [{ text: " ", paint }];
    case "html":
      return [];
    default:
      return (token as Tokens.Generic).tokens ? within(paint) : [{ text: textOf(token), paint }];
  }
}

function textOf(token: Token): string {
  return "text" in token ? String(token.text) : token.raw;
}
