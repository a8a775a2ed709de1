import { codeState } from "./code.ts";
import { type EntryLine, toEntryLine } from "./export.ts";
import type { PoolStore } from "./ports.ts";
import { readEntry } from "./read-entry.ts";
import { readPools } from "./read-pools.ts";

/** How `removePools` interprets entries. */
export interface EntryKind {
  /** All states that can be counted, in the order of the totals. */
  states: readonly string[];
  /** The states to count an entry as; only "unreadable" for one that is not understood. */
  statesOf(raw: string, nowMs: number): readonly string[];
  /** An entry as a line of an export; undefined when it is longer than import would read. */
  toLine(openId: string, raw: string): EntryLine | undefined;
}

/** The state of entries that are not understood, whatever the kind. */
export const UNREADABLE = "unreadable";

export const CODES: EntryKind = {
  states: ["valid", "expired", "invalid", UNREADABLE],
  statesOf: (raw, nowMs) => {
    const entry = readEntry(raw);
    return entry.readable ? entry.codes.map((code) => codeState(code, nowMs)) : [UNREADABLE];
  },
  toLine: toEntryLine,
};

/** A pool as it was read before its removal. */
export interface PlannedPool {
  openId: string;
  /** List elements; one can hold several codes. */
  entries: number;
  /** Counts by the states of the kind. */
  counts: Record<string, number>;
}

/** Counts what would be removed; missing pools are included with no entries. `kind` defaults to codes. */
export async function planRemoval(
  store: Pick<PoolStore, "now" | "read">,
  openIds: string[],
  kind: EntryKind = CODES,
): Promise<PlannedPool[]> {
  const nowMs = await store.now();
  const reader = {
    start: (openId: string): PlannedPool => ({ openId, entries: 0, counts: noneOf(kind) }),
    add: (pool: PlannedPool, raw: string) => {
      pool.entries++;
      for (const state of kind.statesOf(raw, nowMs)) pool.counts[state] = (pool.counts[state] ?? 0) + 1;
    },
  };
  const planned: PlannedPool[] = [];
  for await (const pools of readPools(store, inPages(openIds), reader)) planned.push(...pools);
  return planned;
}

function noneOf({ states }: EntryKind): Record<string, number> {
  return Object.fromEntries(states.map((state) => [state, 0]));
}

/** The result of removing exactly what was planned. `plan` must not be empty. */
export function foreseeRemoval(plan: readonly PlannedPool[], keepUnreadable: boolean): RemovalTotals {
  const sum = (count: (pool: PlannedPool) => number) => plan.reduce((total, pool) => total + count(pool), 0);
  const kept = ({ counts }: PlannedPool) => (keepUnreadable ? (counts[UNREADABLE] ?? 0) : 0);
  const codesRemoved = Object.fromEntries(
    Object.keys(plan[0]?.counts ?? {}).map((state) => [state, sum(({ counts }) => counts[state] ?? 0)]),
  );
  const entriesKept = sum(kept);
  return {
    poolsRemoved: plan.filter((pool) => kept(pool) === 0).length,
    entriesRemoved: sum((pool) => pool.entries) - entriesKept,
    codesRemoved: { ...codesRemoved, [UNREADABLE]: (codesRemoved[UNREADABLE] ?? 0) - entriesKept },
    entriesKept,
    entriesGone: 0,
    complete: true,
  };
}

async function* inPages(openIds: string[]): AsyncGenerator<string[]> {
  yield openIds;
}

export interface RemovalTotals {
  /** Pools from which everything planned was removed. */
  poolsRemoved: number;
  entriesRemoved: number;
  /** Codes that were removed, by state. */
  codesRemoved: Record<string, number>;
  /** Entries left in place: not understood, or too long to be saved. */
  entriesKept: number;
  /** Entries taken by others before they could be removed; if exported, they are in the file too. */
  entriesGone: number;
  /** False when it was stopped before it was finished. */
  complete: boolean;
}

export interface RemovalOptions {
  /** Leave entries in place that are not understood. */
  keepUnreadable: boolean;
  /** Saves entries; nothing is removed before it has resolved. */
  save?: ((lines: EntryLine[]) => Promise<void>) | undefined;
  signal: AbortSignal;
  /** Defaults to codes. */
  kind?: EntryKind;
  onStep?: ((totals: RemovalTotals) => void) | undefined;
}

export type RemovalStore = Pick<PoolStore, "now" | "slice" | "removeEntries">;

/** Concurrent pools, and entries of each per step. */
const POOLS = 50;
const ENTRIES = 200;
const BYTES = 256 * 1024;

interface OpenPool {
  openId: string;
  /** Number of entries still to be processed. */
  left: number;
  /** List index after those that were kept. */
  from: number;
}

/**
 * Removes the planned entries, saved first if requested, in bounded steps: a piece is read, saved, and then removed entry by
 * entry if still there, in one atomic script. So nothing is removed that was not saved, whatever backends push and
 * broadcasts claim meanwhile; entries pushed meanwhile stay.
 */
export async function removePools(
  store: RemovalStore,
  plan: readonly Pick<PlannedPool, "openId" | "entries">[],
  options: RemovalOptions,
): Promise<RemovalTotals> {
  const totals: RemovalTotals = {
    poolsRemoved: 0,
    entriesRemoved: 0,
    codesRemoved: noneOf(options.kind ?? CODES),
    entriesKept: 0,
    entriesGone: 0,
    complete: true,
  };
  const nowMs = await store.now();
  for (let at = 0; at < plan.length; at += POOLS) {
    let open = plan.slice(at, at + POOLS).map(({ openId, entries }) => ({ openId, left: entries, from: 0 }));
    while (open.length > 0) {
      if (options.signal.aborted) return { ...totals, complete: false };
      await removePieces(store, open, options, totals, nowMs);
      totals.poolsRemoved += open.filter(({ left, from }) => left <= 0 && from === 0).length;
      open = open.filter(({ left }) => left > 0);
      options.onStep?.(totals);
    }
  }
  return totals;
}

/** One step: a piece of each pool. */
async function removePieces(
  store: RemovalStore,
  open: OpenPool[],
  options: RemovalOptions,
  totals: RemovalTotals,
  nowMs: number,
): Promise<void> {
  const { statesOf } = options.kind ?? CODES;
  const chunks = await store.slice(
    open.map(({ openId, from, left }) => ({ openId, from, count: Math.min(left, ENTRIES) })),
  );
  const pieces = open.map((pool, i) => choosePiece(pool, chunks[i] ?? [], options));
  const lines = pieces.flatMap(({ lines }) => lines);
  if (options.save && lines.length > 0) await options.save(lines);
  await Promise.all(
    pieces.map(async ({ pool, looked, taken }) => {
      const removed =
        taken.length === 0 ? [] : await store.removeEntries(pool.openId, pool.from, taken, looked);
      for (const [i, raw] of taken.entries())
        countEntry(totals, removed[i] ? statesOf(raw, nowMs) : undefined);
      totals.entriesKept += looked - taken.length;
      pool.from += looked - taken.length;
      // Nothing left: others have taken the rest.
      if (looked === 0) totals.entriesGone += pool.left;
      pool.left -= looked === 0 ? pool.left : looked;
    }),
  );
}

interface Piece {
  pool: OpenPool;
  /** How many entries were processed. */
  looked: number;
  /** Those of them that are to be removed, and as lines of the export. */
  taken: string[];
  lines: EntryLine[];
}

/** Chooses what of a chunk can be removed in this step: as much as fits, without what has to stay. */
function choosePiece(
  pool: OpenPool,
  chunk: string[],
  { keepUnreadable, save, kind = CODES }: RemovalOptions,
): Piece {
  const piece: Piece = { pool, looked: 0, taken: [], lines: [] };
  let bytes = 0;
  for (const raw of chunk) {
    if (piece.looked > 0 && bytes + raw.length > BYTES) break;
    bytes += raw.length;
    piece.looked++;
    if (keepUnreadable && kind.statesOf(raw, 0)[0] === UNREADABLE) continue;
    const line = save && kind.toLine(pool.openId, raw);
    if (save && !line) continue;
    if (line) piece.lines.push(line);
    piece.taken.push(raw);
  }
  return piece;
}

/** `states`: undefined for an entry that was gone. */
function countEntry(totals: RemovalTotals, states: readonly string[] | undefined): void {
  if (!states) {
    totals.entriesGone++;
    return;
  }
  totals.entriesRemoved++;
  for (const state of states) totals.codesRemoved[state] = (totals.codesRemoved[state] ?? 0) + 1;
}
