/** A pool that a purge has begun, or is about to begin: from 0, nothing changed, nothing kept. */
export interface OpenPool {
  openId: string;
  /** List index at which to continue. */
  from: number;
  changed: boolean;
  /** Whether an entry that stays was found. */
  kept: boolean;
}

/** What one step of a purge did. */
export interface PurgeStep {
  /** Pools that were read to the end. */
  scanned: number;
  /** Pools from which something was removed for the first time. */
  changed: number;
  /** Of the scanned pools: those that are empty now. */
  removed: number;
  expired: number;
  unreadable: number;
  /** Number of Redis commands executed. */
  commands: number;
  /** Pools that need another step. */
  open: OpenPool[];
}

/** A code to append to a pool, with the bytes to write (latin1). */
export interface PushRequest {
  /** Identifies the code in the pool, besides its bytes; empty for an entry that doesn't hold exactly one code. */
  formId: string;
  entry: string;
}

export interface PushOptions {
  /** Only reads: the replies are those of a push, but nothing is appended. */
  dryRun?: boolean | undefined;
}

export interface PushReply {
  pushed: number;
  /** Left out because the pool already holds a code with that formId. */
  known: number;
  /** Left out because the user's ledger records it as used up. */
  used: number;
  /** The key holds something that is not a list. */
  notAList: boolean;
}

/** `count` entries of a pool, from a list index on. */
export interface PoolPiece {
  openId: string;
  from: number;
  count: number;
}

/** Some entries of a pool, as latin1 strings; `index` is that of the openId in the list to read. */
export interface ReadPiece {
  index: number;
  entries: string[];
}

export interface SweepOptions {
  /** Only openIds that match a glob: `*`, `?`, `[ab]`, and `\\` before such a character to match it literally. */
  match?: string | undefined;
  /** Awaited before each call to Redis; false ends the sweep. */
  turn?: (() => Promise<boolean>) | undefined;
  /** Also return keys that are not lists, for callers that find out anyway: a filter by type costs Redis a third more. */
  anyType?: boolean | undefined;
}

/** The common prefix of keys that look like pools. */
export interface FoundPrefix {
  prefix: string;
  /** The part after the openId, if any. */
  suffix?: string;
  /** How the keys are written. */
  form: "plain" | "java";
  /** Lists found with such keys. */
  keys: number;
}

/** The result of a short look at the whole database. */
export interface PrefixLook {
  /** Whether pools were found in the configured place: then there is no need to look elsewhere. */
  own: boolean;
  /** Other places, those with the most keys first: at most three. */
  found: FoundPrefix[];
  /** The approximate number of keys looked at; undefined when these were all. */
  looked: number | undefined;
}

/** Keys under the pools' prefix that a sweep skipped or doubts. */
export interface PassedOver {
  /** Lists whose keys don't hold a valid openId: left out. */
  keys: number;
  /** One of them, as messages show it. */
  example?: string;
  /** Pools, including duplicates from SCAN. */
  pools: number;
  /** Those whose openId has characters other than letters, digits, _ and -: treated as pools, perhaps wrongly. */
  odd: number;
  oddExample?: string;
}

/** The pools in Redis. A sweep returns every pool that exists throughout it at least once, some perhaps twice. */
export interface PoolStore {
  /** A pool's key as messages show it; for "*", the pattern of all pools. */
  keyOf(openId: string): string;
  /** Pages of openIds. */
  sweep(options?: SweepOptions): AsyncIterable<string[]>;
  /** What the most recent sweep has found so far that is worth mentioning. */
  readonly passedOver: PassedOver;
  /**
   * Reads the entries of several pools, oldest first, in bounded calls, each followed by a visit; a long pool comes in
   * several visits, a missing pool in none. Reading continues when a visit is over.
   */
  read(openIds: readonly string[], visit: (pieces: ReadPiece[]) => void | Promise<void>): Promise<void>;
  /**
   * One bounded step over several pools: about a millisecond, and at most about `maxCommands` commands if that is less. At
   * least one entry is processed.
   */
  purge(
    pools: OpenPool[],
    options: { dryRun: boolean; maxCommands?: number | undefined },
  ): Promise<PurgeStep>;
  /** Appends codes that are neither in the pool nor used up, pool by pool; for each pool all or nothing. */
  push(pools: { openId: string; codes: PushRequest[] }[], options?: PushOptions): Promise<PushReply[]>;
  /**
   * A bounded piece of each of several pools, as latin1 strings: at most `count` entries, and empty only if there are
   * none.
   */
  slice(pieces: PoolPiece[]): Promise<string[][]>;
  /**
   * Removes entries that `slice` has read from index `from` on, if they are still there; returns for each whether it was.
   * If Redis fails, either all or none of them are removed. `among`: of how many entries from there on they were chosen;
   * defaults to their own number.
   */
  removeEntries(openId: string, from: number, entries: string[], among?: number): Promise<boolean[]>;
  /** A bounded search for lists of codes under any prefix. */
  findPrefixes(): Promise<PrefixLook>;
  /** Redis' clock, epoch ms. */
  now(): Promise<number>;
}

/** A value that a source holds for a user: a list element, a set member, a hash field, or a string. */
export interface StoredValue {
  /** The key, as messages show it. */
  key: string;
  /** The part of the key in the openId's place; undefined when it can't be an openId. */
  openId: string | undefined;
  /** The part of the key after the openId, from the first ':' on, if only the prefix is known. */
  rest: string;
  /** latin1. */
  bytes: string;
  /** Of a hash, as latin1. */
  field?: string | undefined;
  /** Of a member of a sorted set. */
  score?: number;
  /** When the key expires, epoch ms; absent without a TTL. */
  dropMs?: number;
}

/** Codes stored in a layout other than ours; read only. */
export interface CodeSource {
  /** Keys read so far. */
  readonly keys: number;
  /** Everything under the prefix, key by key, in pieces of bounded size, some of them empty. */
  read(): AsyncIterable<StoredValue[]>;
}

/** A script for backends, with everything needed to use it. */
export interface BackendScript {
  name: string;
  /** SHA-1 of the source in hex, for EVALSHA. */
  sha1: string;
  source: string;
  /** Purpose, KEYS, ARGV, returns. */
  header: string;
  /** A complete program in each language. */
  examples: Record<"java" | "php" | "python" | "go" | "node", string>;
}
