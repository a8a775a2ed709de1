import { displayWidth } from "./width.ts";

/**
 * Text in lines of at most `width` cells, broken between words; a word that is longer stays whole, for a terminal to wrap.
 * Lines after the first begin with `indent` blanks.
 */
export function wrapWords(text: string, width: number, indent = 0): string {
  const pad = " ".repeat(indent);
  return text
    .split("\n")
    .map((line) => (displayWidth(line) <= width ? line : wrapLine(line, width, pad)))
    .join("\n");
}

function wrapLine(line: string, width: number, pad: string): string {
  const lines: string[] = [];
  let current = "";
  let used = 0;
  // Blanks stay with the word that they stand before, so that nothing is changed but line ends.
  for (const piece of line.match(/\s*\S+/g) ?? []) {
    const wide = displayWidth(piece);
    if (current.trim() === "" || used + wide <= width) {
      current += piece;
      used += wide;
      continue;
    }
    lines.push(current);
    current = pad + piece.trimStart();
    used = displayWidth(current);
  }
  return [...lines, current].join("\n");
}
