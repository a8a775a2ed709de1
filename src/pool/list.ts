import type { PoolStore } from "./ports.ts";
import { readEntry } from "./read-entry.ts";
import { addEntry, emptySummary, type PoolSummary } from "./summary.ts";

export type PoolSort = "scan" | "valid" | "expiry";

export interface ListOptions {
  minValid: number;
  sort: PoolSort;
  limit?: number | undefined;
  /** Called now and then with how many pools were read. */
  onStep?: (read: number) => void;
}

export interface ListedPool extends PoolSummary {
  openId: string;
}

/** Pools read in one round trip. */
const BATCH = 200;

/**
 * Lists pools: as SCAN meets them, or the first `limit` by a sort. Streams without a sort; a sort keeps no more than
 * `limit` pools in memory. A pool that SCAN shows twice may be listed twice when unsorted.
 */
export async function* listPools(store: PoolStore, options: ListOptions): AsyncGenerator<ListedPool> {
  const { sort, limit = Number.POSITIVE_INFINITY } = options;
  if (sort === "scan") {
    let listed = 0;
    for await (const pool of summarizePools(store, options)) {
      if (listed++ >= limit) return;
      yield pool;
    }
    return;
  }
  const top = new TopPools(COMPARE[sort], limit);
  for await (const pool of summarizePools(store, options)) top.add(pool);
  yield* top.sorted();
}

async function* summarizePools(
  store: PoolStore,
  { minValid, onStep }: ListOptions,
): AsyncGenerator<ListedPool> {
  const nowMs = await store.now();
  let read = 0;
  for await (const page of store.sweep()) {
    for (let at = 0; at < page.length; at += BATCH) {
      const pools = page.slice(at, at + BATCH).map((openId): ListedPool => ({ openId, ...emptySummary() }));
      const openIds = pools.map(({ openId }) => openId);
      await store.read(openIds, (index, entries) => {
        for (const raw of entries) addEntry(pools[index]!, readEntry(raw), nowMs);
      });
      read += pools.length;
      onStep?.(read);
      for (const pool of pools) if (pool.valid >= minValid) yield pool;
    }
  }
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

/** Keeps the first `limit` pools of an order, each once, in memory for about twice that many. */
class TopPools {
  private kept = new Map<string, ListedPool>();
  private readonly compare: Compare;
  private readonly limit: number;

  constructor(compare: Compare, limit: number) {
    this.compare = compare;
    this.limit = limit;
  }

  add(pool: ListedPool): void {
    this.kept.set(pool.openId, pool);
    if (this.kept.size < 2 * this.limit + 1000) return;
    this.kept = new Map(this.sorted().map((one) => [one.openId, one]));
  }

  sorted(): ListedPool[] {
    return [...this.kept.values()].sort(this.compare).slice(0, this.limit);
  }
}
