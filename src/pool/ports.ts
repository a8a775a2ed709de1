/** One pool as a purge left it, or as far as the step got. */
export interface PurgeStep {
  /** List index to go on from; undefined when the pool is done. */
  more?: number;
  expired: number;
  unreadable: number;
  changed: boolean;
  /** Entries looked at that stay. */
  kept: number;
  /** Whether the list is still there. */
  exists: boolean;
}

/** A code to append to a pool, with the bytes to write. */
export interface PushRequest {
  formId: string;
  entry: string;
}

export interface PushReply {
  pushed: number;
  /** Left out because the pool holds a code of that formId already. */
  known: number;
  /** The key holds something that is not a list. */
  notAList: boolean;
}

/** The pools in Redis. Sweeps see every pool that is there from start to end at least once, some maybe twice. */
export interface PoolStore {
  keyOf(openId: string): string;
  /** Pages of openIds. */
  sweep(): AsyncIterable<string[]>;
  /**
   * Reads the entries of several pools, oldest first, as latin1 strings; a long pool comes in several visits.
   * A pool that is not there is not visited. `index` counts into `openIds`.
   */
  read(openIds: string[], visit: (index: number, entries: string[]) => void): Promise<void>;
  /** One bounded step over several pools, from the given list indices on. */
  purge(pools: { openId: string; from: number }[], dryRun: boolean): Promise<PurgeStep[]>;
  /** Appends codes, pool by pool; each pool's codes all or none. */
  push(pools: { openId: string; codes: PushRequest[] }[]): Promise<PushReply[]>;
  /** Redis' clock, epoch ms. */
  now(): Promise<number>;
}

/** A value that a source holds for a user: an element of a list, a member of a sorted set, a string. */
export interface StoredValue {
  /** The key as messages have it. */
  key: string;
  /** What the key has behind its prefix; undefined when that can't be one. */
  openId: string | undefined;
  /** latin1. */
  bytes: string;
  /** Of a member of a sorted set. */
  score?: number;
  /** When Redis drops the key, epoch ms; absent without a TTL. */
  dropMs?: number;
}

/** Codes kept in another layout than ours, only ever read. */
export interface CodeSource {
  /** Keys read so far. */
  readonly keys: number;
  /** Everything under the prefix, key by key, in pieces of a bounded size, some of them empty. */
  read(): AsyncIterable<StoredValue[]>;
}
