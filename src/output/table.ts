import { drawBar } from "./bar.ts";
import { visibleText } from "./format.ts";
import type { Style } from "./style.ts";
import { cutMiddle, cutToWidth, displayWidth } from "./width.ts";
import { wrapWords } from "./wrap.ts";

export interface Column {
  title: string;
  /** The column's name in the header line of rows for programs, if the title is not a field name. */
  name?: string;
  /** Text that is too long is wrapped instead of cut: for texts of our own. */
  wrap?: boolean;
  /** Ids that begin alike: where space is short, the middle is cut. */
  isId?: boolean;
  /** Text that is never cut, however little space there is: it is there to be copied, or short. */
  whole?: boolean;
  /** Default: right when every cell of the column is a number. */
  align?: "left" | "right";
  /** Cells are shares from 0 to 1, drawn as bars in the width that the other columns leave; must be the last column. */
  bar?: boolean;
}

export type Cell = string | number;

/** A table for people, at most `width` cells wide if the text columns can be cut to that; right-aligned columns are never cut. */
export async function renderTable(
  columns: readonly Column[],
  rows: readonly Cell[][],
  width: number,
  style: Style,
  header = true,
): Promise<string> {
  const { default: Table } = await import("cli-table3");
  const written = columns.filter(({ bar }) => !bar);
  const aligns = written.map((column, index) => column.align ?? defaultAlign(rows, index));
  const texts = rows.map((row) => row.slice(0, written.length).map(cellText));
  const natural = written.map((column, index) =>
    texts.reduce(
      (max, row) => Math.max(max, displayWidth(row[index] ?? "")),
      header ? displayWidth(column.title) : 0,
    ),
  );
  const mayBeCut = written.map(({ whole }, index) => !whole && aligns[index] === "left");
  const widths = fitWidths(natural, mayBeCut, width);
  const cutRow = (row: string[]) =>
    row.map((cell, index) => fitCell(cell, widths[index] ?? 0, written[index] ?? {}));
  const head = cutRow(written.map((column) => column.title)).map(style.bold);
  const body = texts.map(cutRow);
  const barWidth = written.length < columns.length ? roomForBars(widths, width) : 0;
  if (barWidth > 0) {
    head.push("");
    widths.push(barWidth);
    for (const [i, row] of body.entries()) row.push(style.cyan(drawBar(Number(rows[i]?.at(-1)), barWidth)));
  }
  const table = new Table({
    ...(header ? { head } : {}),
    colWidths: widths,
    colAligns: aligns,
    chars: NO_BORDERS,
    style: { compact: true, head: [], border: [], "padding-left": 0, "padding-right": 0 },
  });
  table.push(...body);
  return `${table.toString().replace(/ +$/gm, "")}\n`;
}

function fitCell(cell: string, width: number, { wrap, isId }: Partial<Column>): string {
  if (isId) return cutMiddle(cell, width);
  if (!wrap) return cutToWidth(cell, width);
  const lines = wrapWords(cell, width).split("\n");
  return lines.map((line) => cutToWidth(line, width)).join("\n");
}

/** Shorter bars can't be compared; longer ones are tiring to read. */
const SHORTEST_BARS = 5;
const LONGEST_BARS = 60;

function roomForBars(widths: readonly number[], width: number): number {
  const room = width - widths.reduce((sum, w) => sum + w + GAP.length, 0);
  return room < SHORTEST_BARS ? 0 : Math.min(room, LONGEST_BARS);
}

/** Only a rule under the titles: lines between columns get in the way of copying a value. */
const GAP = "  ";
const NO_BORDERS = {
  ...{ top: "", "top-mid": "", "top-left": "", "top-right": "" },
  ...{ bottom: "", "bottom-mid": "", "bottom-left": "", "bottom-right": "" },
  ...{ left: "", "left-mid": "", right: "", "right-mid": "" },
  ...{ mid: "─", "mid-mid": GAP, middle: GAP },
};

/** The minimum width of a text column: a fragment of an openId is useless, a wrapped line is not. */
const NARROWEST_COLUMN = 10;

function cellText(cell: Cell): string {
  return typeof cell === "number" ? String(cell) : visibleText(cell);
}

function defaultAlign(rows: readonly Cell[][], index: number): "left" | "right" {
  return rows.length > 0 && rows.every((row) => typeof row[index] === "number") ? "right" : "left";
}

/** Takes the excess from the widest text columns; from the first one, which identifies the row, only if necessary. */
function fitWidths(natural: number[], mayBeCut: readonly boolean[], width: number): number[] {
  const widths = [...natural];
  const canCut = (index: number) => mayBeCut[index] === true && (widths[index] ?? 0) > NARROWEST_COLUMN;
  let excess = widths.reduce((sum, w) => sum + w, 0) + GAP.length * (widths.length - 1) - width;
  for (; excess > 0; excess--) {
    let widest = 0;
    for (const [index, w] of widths.entries()) {
      if (canCut(index) && (widest === 0 || w > (widths[widest] ?? 0))) widest = index;
    }
    if (!canCut(widest)) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}
