import { displayWidth } from "./width.ts";

/**
 * Text in lines of at most `width` cells, broken between words; a longer word stays whole, for the terminal to wrap. Lines
 * after the first are indented by `indent` spaces.
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
  // Spaces stay with the word that follows them, so that only line ends are changed.
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
