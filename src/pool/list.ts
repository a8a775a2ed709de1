import type { PoolStore } from "./ports.ts";
import { rankPools } from "./rank-pools.ts";
import { readEntry } from "./read-entry.ts";
import { type PoolReader, readPools } from "./read-pools.ts";
import { addEntry, emptySummary, type PoolSummary } from "./summary.ts";

export type PoolSort = "scan" | "valid" | "expiry";

/** Which pools to list; all given conditions must hold. */
export interface PoolFilter {
  /** A glob on the openId. */
  match?: string | undefined;
  minValid?: number | undefined;
  maxValid?: number | undefined;
  /** A valid code expires within this many ms. */
  expiringWithinMs?: number | undefined;
  /** It holds an entry that is not understood. */
  unreadable?: boolean | undefined;
}

export interface ListOptions {
  filter: PoolFilter;
  sort: PoolSort;
  limit?: number | undefined;
  /** Called periodically with the number of pools read. */
  onStep?: ((read: number) => void) | undefined;
  /** Called before the first pool if a sort without a limit leaves pools out. */
  onCut?: ((kept: number, found: number) => void) | undefined;
}

export interface ListedPool extends PoolSummary {
  openId: string;
}

/**
 * Lists pools, a page at a time: in the order of SCAN, or the first `limit` by a sort. Streams without a sort; with one,
 * it keeps at most about twice `limit` pools in memory. A pool that SCAN returns twice may be listed twice when unsorted.
 */
export async function* listPools(store: PoolStore, options: ListOptions): AsyncGenerator<ListedPool[]> {
  const { sort } = options;
  const ranking =
    sort === "scan" ? undefined : { compare: COMPARE[sort], keyOf: ({ openId }: ListedPool) => openId };
  yield* rankPools(() => findPools(store, options), ranking, options);
}

/** The pools that match the filter; empty pages are left out. */
async function* findPools(store: PoolStore, { filter, onStep }: ListOptions): AsyncGenerator<ListedPool[]> {
  const nowMs = await store.now();
  let read = 0;
  for await (const pools of readPools(store, store.sweep({ match: filter.match }), summaryReader(nowMs))) {
    read += pools.length;
    onStep?.(read);
    const found = pools.filter((pool) => !isGone(pool) && passes(pool, filter, nowMs));
    if (found.length > 0) yield found;
  }
}

/** A list is never empty: a pool without entries was emptied between the sweep and the read. */
export function isGone({ valid, expired, invalid, unreadable }: PoolSummary): boolean {
  return valid + expired + invalid + unreadable === 0;
}

/** Summarizes pools as they are read. */
function summaryReader(nowMs: number): PoolReader<ListedPool> {
  return {
    start: (openId) => ({ openId, ...emptySummary() }),
    add: (pool, raw) => addEntry(pool, readEntry(raw), nowMs),
  };
}

function passes(pool: ListedPool, filter: PoolFilter, nowMs: number): boolean {
  const { minValid = 0, maxValid = Number.POSITIVE_INFINITY, expiringWithinMs, unreadable } = filter;
  if (pool.valid < minValid || pool.valid > maxValid) return false;
  if (unreadable && pool.unreadable === 0) return false;
  return (
    expiringWithinMs === undefined || (pool.nextExpireMs ?? Number.MAX_VALUE) <= nowMs + expiringWithinMs
  );
}

type Compare = (a: ListedPool, b: ListedPool) => number;

const COMPARE: Record<Exclude<PoolSort, "scan">, Compare> = {
  valid: (a, b) => b.valid - a.valid || byOpenId(a, b),
  expiry: (a, b) =>
    (a.nextExpireMs ?? Number.MAX_VALUE) - (b.nextExpireMs ?? Number.MAX_VALUE) || byOpenId(a, b),
};

function byOpenId(a: ListedPool, b: ListedPool): number {
  return a.openId < b.openId ? -1 : a.openId > b.openId ? 1 : 0;
}
