import type { IBufferCell, IBufferLine, Terminal } from "@xterm/headless";

/** A part of one row in one style. */
export interface Run {
  /** Of its first cell, counted from 0. */
  column: number;
  /** In cells: a Chinese character or an emoji takes two. */
  width: number;
  text: string;
  bold: boolean;
  dim: boolean;
  /** Index in the terminal's palette, 0 to 15; undefined for the text colour. */
  colour: number | undefined;
}

/** The contents of a terminal: its rows from the top, each without trailing blanks. */
export type Screen = Run[][];

/** The current contents of `terminal`. */
export function readScreen(terminal: Terminal): Screen {
  const { active } = terminal.buffer;
  const rows = Array.from({ length: terminal.rows }, (_, row) => active.getLine(active.viewportY + row));
  return rows.map((line) => (line === undefined ? [] : readRow(line, terminal.cols)));
}

/** The text of a screen, as copied by a user. */
export function textOf(screen: Screen): string {
  return screen.map(textOfRow).join("\n").trimEnd();
}

function textOfRow(runs: readonly Run[]): string {
  let text = "";
  let column = 0;
  for (const run of runs) {
    text += " ".repeat(run.column - column) + run.text;
    column = run.column + run.width;
  }
  return text;
}

function readRow(line: IBufferLine, columns: number): Run[] {
  const runs: Run[] = [];
  for (let column = 0; column < columns; column++) {
    const cell = line.getCell(column);
    // The second half of a wide character.
    if (cell === undefined || cell.getWidth() === 0) continue;
    const run = readCell(cell, column);
    const last = runs.at(-1);
    if (last !== undefined && kindOf(last) === kindOf(run)) {
      last.text += run.text;
      last.width += run.width;
    } else runs.push(run);
  }
  return runs.flatMap(trimmed);
}

function readCell(cell: IBufferCell, column: number): Run {
  return {
    column,
    width: cell.getWidth(),
    text: cell.getChars() || " ",
    bold: cell.isBold() !== 0,
    dim: cell.isDim() !== 0,
    colour: cell.isFgPalette() && cell.getFgColor() < 16 ? cell.getFgColor() : undefined,
  };
}

/** Bars are separated from text, because they are drawn differently. */
function kindOf({ text, bold, dim, colour }: Run): string {
  return `${bold} ${dim} ${colour} ${text.startsWith("█")}`;
}

/** Without the blanks at both ends, which are invisible. */
function trimmed(run: Run): Run[] {
  const text = run.text.trim();
  if (text === "") return [];
  const before = run.text.length - run.text.trimStart().length;
  const blanks = run.text.length - text.length;
  return [{ ...run, text, column: run.column + before, width: run.width - blanks }];
}
