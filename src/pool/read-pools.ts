import type { PoolStore } from "./ports.ts";

/**
 * Pools per call, and concurrent calls: Redis works on one while the reply of the other is processed. Redis serves a
 * client's calls in one go, so together they determine how long others wait: about half a millisecond each. A third call
 * made nothing faster, and others waited longer.
 */
const BATCH = 100;
const AHEAD = 2;

/** How to process the entries of one pool as they arrive. */
export interface PoolReader<T> {
  start(openId: string): T;
  /** Called for every entry (latin1), oldest first. */
  add(taken: T, raw: string): void;
}

/**
 * Reads the pools of all pages, a batch at a time, while earlier ones are processed: at most a few batches are in memory.
 * Pools that no longer exist when they are read come as `start` made them.
 */
export function readPools<T>(
  store: Pick<PoolStore, "read">,
  pages: AsyncIterable<string[]>,
  reader: PoolReader<T>,
): AsyncGenerator<T[]> {
  return eachBatch(pages, (openIds) => readBatch(store, openIds, reader));
}

async function readBatch<T>(
  store: Pick<PoolStore, "read">,
  openIds: string[],
  reader: PoolReader<T>,
): Promise<T[]> {
  const taken = openIds.map((openId) => reader.start(openId));
  await store.read(openIds, (pieces) => {
    for (const { index, entries } of pieces) {
      const pool = taken[index]!;
      for (const raw of entries) reader.add(pool, raw);
    }
  });
  return taken;
}

/**
 * Processes the openIds of all pages in batches, several at once, and yields their results in order; each as soon as it is
 * available, however long the next page takes.
 */
export async function* eachBatch<T>(
  pages: AsyncIterable<string[]>,
  work: (openIds: string[]) => Promise<T>,
): AsyncGenerator<T> {
  const batches = batchesOf(pages);
  const underWay: Promise<T>[] = [];
  let next: Promise<IteratorResult<string[]>> | undefined = take(batches);
  try {
    while (next || underWay.length > 0) {
      const [oldest] = underWay;
      if (next && underWay.length < AHEAD && (await isFirst(next, oldest))) {
        const { done, value }: IteratorResult<string[]> = await next;
        next = done ? undefined : take(batches);
        if (!done) underWay.push(unwatched(work(value)));
      } else {
        yield await oldest!;
        underWay.shift();
      }
    }
  } finally {
    // Not awaited: it ends with the page under way, which may take long.
    batches.return(undefined).catch(() => undefined);
  }
}

/** Whether `one` settles before `other`. */
function isFirst(one: Promise<unknown>, other: Promise<unknown> | undefined): Promise<boolean> {
  if (!other) return Promise.resolve(true);
  return Promise.race([one.then(() => true), other.then(() => false)]);
}

function take(batches: AsyncGenerator<string[]>): Promise<IteratorResult<string[]>> {
  return unwatched(batches.next());
}

/** A consumer that stops early never awaits what is under way; its failure must not count as unhandled. */
function unwatched<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

/** The pages divided into batches that are read in one call. */
async function* batchesOf(pages: AsyncIterable<string[]>): AsyncGenerator<string[]> {
  for await (const page of pages) {
    for (let at = 0; at < page.length; at += BATCH) yield page.slice(at, at + BATCH);
  }
}
