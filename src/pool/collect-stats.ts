import { type Day, localDays, localTimeZone } from "./days.ts";
import type { PoolStore } from "./ports.ts";
import { readPools } from "./read-pools.ts";
import { drawSample } from "./sample.ts";
import { StatsTotals, tallyReader } from "./stats.ts";
import { type StatsDocument, toStatsDocument } from "./stats-document.ts";

export interface CollectOptions {
  /** A glob on the openId. */
  match?: string | undefined;
  /** Read only this many pools, and estimate. */
  sample?: number | undefined;
  signal: AbortSignal;
  /** Numbers in [0, 1), for the sample. */
  random(): number;
  /** Called periodically while pools are counted before sampling. */
  onCount?: ((total: number) => void) | undefined;
  /** Called periodically with the number of pools read, and the total if it is known. */
  onRead?: ((read: number, total?: number) => void) | undefined;
}

/** Codes with a longer life are counted together: no platform issues them, but files and backends hold them. */
const DAYS = 366;

/**
 * Reads all pools, or only a sample of them, and computes their statistics. Undefined when it was stopped. Holds at most
 * two batches of pools and the sample's openIds. If others write meanwhile, the result is correct for each pool at the
 * moment it was read; a pool that SCAN returns twice (while Redis shrinks its hash table) counts twice.
 */
export async function collectStats(
  store: PoolStore,
  options: CollectOptions,
): Promise<StatsDocument | undefined> {
  const nowMs = await store.now();
  const days: Day[] = localDays(nowMs, DAYS);
  const totals = new StatsTotals(days);
  const origin = { timeZone: localTimeZone(), atMs: nowMs };
  const pages = untilAborted(store.sweep({ match: options.match }), options.signal);
  const addAll = async (from: AsyncIterable<string[]>, total?: number) => {
    let read = 0;
    for await (const tallies of readPools(store, from, tallyReader(days, nowMs))) {
      if (options.signal.aborted) return undefined;
      for (const tally of tallies) totals.add(tally);
      read += tallies.length;
      options.onRead?.(read, total);
    }
    return options.signal.aborted ? undefined : totals;
  };
  if (options.sample === undefined) return (await addAll(pages)) && toStatsDocument(totals, origin);
  const { openIds, total } = await drawSample(pages, options.sample, options.random, options.onCount);
  const sample = { read: openIds.length, total };
  return (await addAll(once(openIds), openIds.length)) && toStatsDocument(totals, { ...origin, sample });
}

async function* untilAborted<T>(items: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  for await (const item of items) {
    if (signal.aborted) return;
    yield item;
  }
}

async function* once<T>(item: T): AsyncGenerator<T> {
  yield item;
}
