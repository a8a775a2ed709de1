import type { Style } from "../style.ts";
import { renderTable } from "../table.ts";
import { displayWidth } from "../width.ts";
import { wrapRuns } from "./wrap.ts";

export interface Grid {
  titles: readonly string[];
  aligns: readonly ("left" | "right")[];
  rows: readonly (readonly string[])[];
}

const GAP = 2;
/** The minimum width of a column, whatever the terminal. */
const NARROWEST = 8;
/** The share of the width that a column may take to avoid breaking a long word. */
const LONGEST_WHOLE = 0.7;

/** A table whose cells are wrapped if it would be wider than `width`; nothing is cut off. */
export async function renderGrid(
  { titles, aligns, rows }: Grid,
  width: number,
  style: Style,
): Promise<string> {
  const cells = (index: number) => [titles[index] ?? "", ...rows.map((row) => row[index] ?? "")];
  const natural = titles.map((_, index) => Math.max(...cells(index).map(displayWidth)));
  // Titles are never wrapped.
  const least = titles.map((title) => Math.max(NARROWEST, displayWidth(title)));
  const words = titles.map((_, index) => Math.max(...cells(index).map(longestWord)));
  const whole = words.map((one, i) => Math.max(least[i] ?? 0, Math.min(one, width * LONGEST_WHOLE)));
  const widths = fitColumns(natural, [whole, least], width);
  const wrapped = rows.map((row) => wrapRow(row, widths));
  const isLoose = wrapped.some((lines) => lines.length > 1);
  const lines = wrapped.flatMap((row, i) => (isLoose && i > 0 ? [titles.map(() => ""), ...row] : row));
  const columns = titles.map((title, i) => ({ title, align: aligns[i] ?? ("left" as const) }));
  const total = widths.reduce((sum, one) => sum + one + GAP, -GAP);
  return renderTable(columns, lines, Math.max(width, total), style);
}

function longestWord(cell: string): number {
  return Math.max(0, ...cell.split(/\s+/).map((word) => (/^[\x20-\x7e]*$/.test(word) ? word.length : 2)));
}

/** The excess is taken from the widest columns: down to the first of `floors`, and if that is not enough, to the next. */
function fitColumns(natural: readonly number[], floors: readonly number[][], width: number): number[] {
  const widths = [...natural];
  let excess = widths.reduce((sum, one) => sum + one + GAP, -GAP) - width;
  for (const floor of floors) {
    for (; excess > 0; excess--) {
      const shrinkable = widths.map((one, i) => (one > (floor[i] ?? 0) ? one : 0));
      const widest = shrinkable.indexOf(Math.max(...shrinkable));
      if (!shrinkable[widest]) break;
      widths[widest] = (widths[widest] ?? 0) - 1;
    }
  }
  return widths;
}

/** A row as several rows of one line each. */
function wrapRow(row: readonly string[], widths: readonly number[]): string[][] {
  const plain = (text: string) => text;
  const columns = row.map((text, i) => wrapRuns([{ text, paint: plain }], widths[i] ?? NARROWEST));
  const height = Math.max(1, ...columns.map((lines) => lines.length));
  return Array.from({ length: height }, (_, line) => columns.map((lines) => lines[line] ?? ""));
}
