import { formatCounted } from "../../output/format.ts";
import type { Cell, Column } from "../../output/output.ts";
import type { Deps } from "../deps.ts";

/** Lines per table on a terminal, where a table needs its rows before it can be drawn. */
const TABLE_ROWS = 1000;

/** How one item is shown. */
export interface RowView<T> {
  /** One of them: "pool". */
  noun: string;
  /** Of the table that a person sees. */
  columns: readonly Column[];
  screenRow(item: T): Cell[];
  /** Of the rows in a pipe, where those are others. */
  fields?: readonly Column[];
  plainRow(item: T): Cell[];
  /** A line of NDJSON. */
  document(item: T): object;
}

/**
 * Writes items out as they come, for a person with their number; returns how many there were. `atFirst` ends the live line before
 * there is other output.
 */
export async function streamRows<T>(
  { out }: Deps,
  pages: AsyncIterable<readonly T[]>,
  view: RowView<T>,
  atFirst: () => void,
): Promise<number> {
  const isHuman = out.format === "human";
  const columns = isHuman ? view.columns : (view.fields ?? view.columns);
  let listed = 0;
  let rows: Cell[][] = [];
  for await (const page of pages) {
    atFirst();
    if (out.closed.aborted) return listed;
    listed += page.length;
    if (out.format === "json") await out.lines(page.map(view.document));
    else rows.push(...page.map(isHuman ? view.screenRow : view.plainRow));
    for (; rows.length >= (isHuman ? TABLE_ROWS : 1); rows = rows.slice(TABLE_ROWS))
      await out.table(columns, rows.slice(0, TABLE_ROWS));
  }
  if (rows.length > 0) await out.table(columns, rows);
  if (isHuman && listed > 0) out.talk(formatCounted(listed, view.noun));
  return listed;
}
