import { displayWidth } from "../width.ts";

/** Text in one style. */
export interface Run {
  text: string;
  paint(text: string): string;
}

/** A part that is not broken across lines: a word, or one wide character of a script without spaces. */
interface Unit extends Run {
  width: number;
  /** A space precedes it. */
  spaced: boolean;
  /** The line must not end before it. */
  joined: boolean;
}

/**
 * Lines of at most `width` cells. They end at spaces and between wide characters, but not before closing and after opening
 * punctuation. A part that is longer than a line is broken at the end of the line. Each line has its colours for itself.
 */
export function wrapRuns(runs: readonly Run[], width: number): string[] {
  const lines: Unit[][] = [];
  let line: Unit[] = [];
  let used = 0;
  for (const group of groupUnits(splitRuns(runs, width), width)) {
    const groupWidth = group.reduce((sum, unit) => sum + unit.width, 0);
    const blank = group[0]?.spaced ? 1 : 0;
    if (line.length > 0 && used + blank + groupWidth > width) {
      lines.push(line);
      line = [];
      used = 0;
    }
    used += groupWidth + (line.length > 0 ? blank : 0);
    line.push(...group);
  }
  if (line.length > 0) lines.push(line);
  return lines.map(renderUnits);
}

function splitRuns(runs: readonly Run[], width: number): Unit[] {
  const units: Unit[] = [];
  let spaced = false;
  for (const { text, paint } of runs) {
    for (const [part] of text.matchAll(/\s+|\S+/g)) {
      if (/^\s/.test(part)) {
        spaced = true;
        continue;
      }
      for (const piece of splitWord(part, width)) {
        const joined = !spaced && isJoined(units.at(-1)?.text ?? "", piece);
        units.push({ text: piece, paint, width: displayWidth(piece), spaced, joined });
        spaced = false;
      }
    }
  }
  return units;
}

/** Wide characters one by one, everything else together, up to the width of a line. */
function splitWord(word: string, width: number): string[] {
  const pieces: string[] = [];
  let last = { text: "", width: 0 };
  for (const character of word) {
    const cells = displayWidth(character);
    const mayGrow = cells === 0 || (cells === 1 && last.width > 0 && !isWide(last.text));
    if (pieces.length > 0 && mayGrow && last.width + cells <= width) {
      last = { text: last.text + character, width: last.width + cells };
      pieces[pieces.length - 1] = last.text;
    } else {
      last = { text: character, width: cells };
      pieces.push(character);
    }
  }
  return pieces;
}

const CLOSING = /^[，。、：；！？）】》」』〉”’…,.:;!?)\]}%]/u;
const OPENING = /[（【《「『〈“‘([{]$/u;

function isJoined(before: string, next: string): boolean {
  if (before === "") return false;
  return (!isWide(before) && !isWide(next)) || CLOSING.test(next) || OPENING.test(before);
}

function isWide(text: string): boolean {
  return displayWidth(text.slice(0, 2).match(/./u)?.[0] ?? "") === 2;
}

/** Groups units that share a line; a group that is too long for one stays in its units. */
function groupUnits(units: readonly Unit[], width: number): Unit[][] {
  const groups: Unit[][] = [];
  for (const unit of units) {
    if (unit.joined) groups.at(-1)?.push(unit);
    else groups.push([unit]);
  }
  const isShort = (group: Unit[]) => group.reduce((sum, unit) => sum + unit.width, 0) <= width;
  return groups.flatMap((group) => (isShort(group) ? [group] : group.map((unit) => [unit])));
}

/** Adjacent units of the same style are painted together. */
function renderUnits(units: readonly Unit[]): string {
  const runs: Run[] = [];
  for (const [i, { text, paint, spaced }] of units.entries()) {
    const blank = spaced && i > 0 ? " " : "";
    const last = runs.at(-1);
    if (last?.paint === paint) last.text += blank + text;
    else {
      if (last) last.text += blank;
      runs.push({ text, paint });
    }
  }
  return runs.map((run) => run.paint(run.text)).join("");
}
