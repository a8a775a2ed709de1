/**
 * How many terminal cells a text takes. Wide scripts and colours are exact; emoji are counted as current terminals draw
 * them, a sequence (a family, a flag, a skin tone) as one of two cells.
 */
export function displayWidth(text: string): number {
  let width = 0;
  for (const part of partsOf(text)) width += partWidth(part);
  return width;
}

/** `text` on one line of at most `width` cells; a cut is shown as "…". Open colours are closed. */
export function cutToWidth(text: string, width: number): string {
  const line = text.replace(/\s*\n\s*/g, " ");
  if (displayWidth(line) <= width) return line;
  let taken = "";
  let left = width - 1;
  for (const part of partsOf(line)) {
    left -= partWidth(part);
    if (left < 0) break;
    taken += part;
  }
  const reset = taken.includes("\x1b[") ? "\x1b[0m" : "";
  return width < 1 ? "" : `${taken}…${reset}`;
}

/** The same for ids: the middle is cut, because those of one account begin alike. */
export function cutMiddle(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  const begins = Math.floor((width - 1) / 3);
  let head = "";
  for (const part of partsOf(text)) {
    if (displayWidth(head + part) > begins) break;
    head += part;
  }
  let tail = "";
  for (const part of partsOf(text).reverse()) {
    if (displayWidth(part + tail) > width - 1 - begins) break;
    tail = part + tail;
  }
  return width < 1 ? "" : `${head}…${tail}`;
}

/** A colour sequence, or one code point. */
const PARTS = /\x1b\[[\d;]*m|./gsu;
/** What joins code points into one emoji: joiner, emoji variant, keycap, halves of flags, skin tones, tags. */
const JOINS = /[\u200d\ufe0f\u20e3\u{1f1e6}-\u{1f1ff}\u{1f3fb}-\u{1f3ff}\u{e0020}-\u{e007f}]/u;
/** Created on first use, because that takes longer than most commands' own work. */
let graphemes: Intl.Segmenter | undefined;

/** Colour sequences and characters. Most texts have no emoji of several code points, and are split much faster. */
function partsOf(text: string): string[] {
  if (!JOINS.test(text)) return text.match(PARTS) ?? [];
  graphemes ??= new Intl.Segmenter("en", { granularity: "grapheme" });
  const segmenter = graphemes;
  return text
    .split(/(\x1b\[[\d;]*m)/)
    .flatMap((piece) =>
      piece.startsWith("\x1b[") ? [piece] : Array.from(segmenter.segment(piece), ({ segment }) => segment),
    );
}
/** Combining marks, variation selectors, joiners. */
const NARROWEST = /^[\p{Mn}\p{Me}\p{Cf}]$/u;
/** CJK, kana, Hangul, fullwidth forms, and characters that terminals draw as emoji. */
const WIDE =
  /^[\p{Emoji_Presentation}\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]$/u;

function partWidth(part: string): number {
  if (part.length === 1 && part >= " " && part <= "~") return 1;
  if (part.startsWith("\x1b[") || NARROWEST.test(part)) return 0;
  if (WIDE.test(part)) return 2;
  const [first = "", ...rest] = part;
  if (rest.length === 0) return 1;
  // Several code points: an emoji, or a letter with its marks.
  return EMOJI_SEQUENCE.test(part) ? 2 : partWidth(first);
}

const EMOJI_SEQUENCE =
  /\p{Extended_Pictographic}.*[\u200d\ufe0f]|\ufe0f?\u20e3|\p{Regional_Indicator}{2}|\p{Emoji_Modifier}/su;
