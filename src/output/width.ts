/** How many terminal cells text takes. An estimate: terminals differ on emoji; wide scripts and colours are exact. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const part of text.match(PARTS) ?? []) width += partWidth(part);
  return width;
}

/** `text` on one line of at most `width` cells; what is cut off shows as "…". Colours that are open are closed. */
export function cutToWidth(text: string, width: number): string {
  const line = text.replace(/\s*\n\s*/g, " ");
  if (displayWidth(line) <= width) return line;
  let taken = "";
  let left = width - 1;
  for (const part of line.match(PARTS) ?? []) {
    left -= partWidth(part);
    if (left < 0) break;
    taken += part;
  }
  const reset = taken.includes("\x1b[") ? "\x1b[0m" : "";
  return width < 1 ? "" : `${taken}…${reset}`;
}

/** A colour sequence, or one code point. */
const PARTS = /\x1b\[[\d;]*m|./gsu;
/** Combining marks, variation selectors, joiners. */
const NARROWEST = /^[\p{Mn}\p{Me}\p{Cf}]$/u;
/** CJK, kana, Hangul, fullwidth forms, emoji. */
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]$/u;

function partWidth(part: string): number {
  if (part.length === 1 && part >= " " && part <= "~") return 1;
  if (part.startsWith("\x1b[") || NARROWEST.test(part)) return 0;
  return WIDE.test(part) ? 2 : 1;
}
