import type { PoolStore } from "./ports.ts";

/** Pools read in one round trip. */
const BATCH = 200;

/** How to take in the entries of one pool as they come. */
export interface PoolReader<T> {
  start(openId: string): T;
  /** Called for every entry (latin1), oldest first. */
  add(taken: T, raw: string): void;
}

/**
 * Reads the pools of all pages, a batch at a time, while the batch before is worked on: never more than two batches are
 * in memory. Pools that are gone by the time they are read come as `start` made them.
 */
export async function* readPools<T>(
  store: PoolStore,
  pages: AsyncIterable<string[]>,
  reader: PoolReader<T>,
): AsyncGenerator<T[]> {
  let ahead: Promise<T[]> | undefined;
  for await (const openIds of batchesOf(pages)) {
    const next = readBatch(store, openIds, reader);
    // Whoever stops early never awaits this batch; its failure must not count as unhandled.
    next.catch(() => undefined);
    if (ahead) yield await ahead;
    ahead = next;
  }
  if (ahead) yield await ahead;
}

/** The pages cut into pieces that are read in one round trip. */
export async function* batchesOf(pages: AsyncIterable<string[]>): AsyncGenerator<string[]> {
  for await (const page of pages) {
    for (let at = 0; at < page.length; at += BATCH) yield page.slice(at, at + BATCH);
  }
}

async function readBatch<T>(store: PoolStore, openIds: string[], reader: PoolReader<T>): Promise<T[]> {
  const taken = openIds.map((openId) => reader.start(openId));
  await store.read(openIds, (index, entries) => {
    for (const raw of entries) reader.add(taken[index]!, raw);
  });
  return taken;
}
