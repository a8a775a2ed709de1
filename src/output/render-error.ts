import { visibleJson, visibleText } from "./format.ts";
import type { Style } from "./style.ts";
import { wrapWords } from "./wrap.ts";

export interface ErrorReport {
  code: string;
  message: string;
  hint?: string | undefined;
  /** Printed under the message; omitted from the JSON document when empty. */
  details?: readonly string[];
}

export function renderErrorJson({ code, message, hint, details = [] }: ErrorReport): string {
  const listed = details.length > 0 ? { details } : {};
  return `${visibleJson({ error: { code, message, ...listed, hint } })}\n`;
}

/** Wrapped between words if the width is known: a terminal would break inside them. */
export function renderError(
  { message, hint, details = [] }: ErrorReport,
  style: Style,
  width: number,
): string {
  const line = (text: string) => `${wrapWords(text, width, 2)}\n`;
  const lines = details.map((detail) => line(`  ${visibleText(detail)}`)).join("");
  const hintLine = hint === undefined ? "" : line(`${style.cyan("hint:")} ${visibleText(hint)}`);
  return `${line(`${style.red("error:")} ${visibleText(message)}`)}${lines}${hintLine}`;
}
