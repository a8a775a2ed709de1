import { afterAll, beforeAll } from "vitest";
import { type CollectorBookOptions, openCollectorBooks } from "../../src/redis/collector-books.ts";

export const DAY_MS = 24 * 3600 * 1000;
export const LIFE_MS = 7 * DAY_MS;

export type Books = Awaited<ReturnType<typeof openCollectorBooks>>;

/** The collector's books on a Redis, with the keys of all defaults. */
export function openBooks(url: string, more: Partial<CollectorBookOptions> = {}): Promise<Books> {
  return openCollectorBooks({
    redisUrl: url,
    shownUrl: url,
    keyPrefix: "mina:",
    poolPrefix: "mina:openid:",
    lifeMs: LIFE_MS,
    cap: 100,
    // On a busy machine an answer may be late; tests of the limit pass `undefined`, for the collector's own.
    replyMs: 60_000,
    ...more,
  });
}

/** The same for a test file, on its Redis. */
export function useBooks(redis: { readonly url: string }, more: Partial<CollectorBookOptions> = {}): Books {
  const books = {} as Books;
  beforeAll(async () => {
    Object.assign(books, await openBooks(redis.url, more));
  });
  afterAll(() => books.close?.());
  return books;
}
