/** A pool that a purge has begun, or is to begin: from 0, nothing changed, nothing kept. */
export interface OpenPool {
  openId: string;
  /** List index to go on from. */
  from: number;
  changed: boolean;
  /** Whether an entry was met that stays. */
  kept: boolean;
}

/** What one step of a purge did. */
export interface PurgeStep {
  /** Pools that were looked at to their end. */
  scanned: number;
  /** Pools that something was taken out of for the first time. */
  changed: number;
  /** Of the scanned: pools of which nothing is left. */
  removed: number;
  expired: number;
  unreadable: number;
  /** Redis commands that it took. */
  commands: number;
  /** Pools that need another step. */
  open: OpenPool[];
}

/** A code to append to a pool, with the bytes to write (latin1). */
export interface PushRequest {
  /** By which the pool may hold it already, besides its bytes; empty for an entry without one code of its own. */
  formId: string;
  entry: string;
}

export interface PushOptions {
  /** Only looks: the replies are those of a push, and nothing is appended. */
  dryRun?: boolean | undefined;
}

export interface PushReply {
  pushed: number;
  /** Left out because the pool holds a code of that formId already. */
  known: number;
  /** Left out because the user's ledger has it as used up. */
  used: number;
  /** The key holds something that is not a list. */
  notAList: boolean;
}

/** `count` entries of a pool from a list index on. */
export interface PoolPiece {
  openId: string;
  from: number;
  count: number;
}

/** Some entries of a pool, as latin1 strings; `index` counts into the openIds that were to be read. */
export interface ReadPiece {
  index: number;
  entries: string[];
}

export interface SweepOptions {
  /** Only openIds that fit a glob: `*`, `?`, `[ab]`, and `\\` before such a character that is meant itself. */
  match?: string | undefined;
  /** Awaited before each question to Redis; false ends the sweep. */
  turn?: (() => Promise<boolean>) | undefined;
  /** Keys that are no lists, too, for whoever finds that out anyway: to be asked for the type costs Redis a third more. */
  anyType?: boolean | undefined;
}

/** What keys that look like pools begin with. */
export interface FoundPrefix {
  prefix: string;
  /** What stands behind the openId, where something does. */
  suffix?: string;
  /** How the keys are written. */
  form: "plain" | "java";
  /** Lists with such keys that were met. */
  keys: number;
}

/** What a short look at the whole database has found. */
export interface PrefixLook {
  /** Whether pools were met where they are meant to be: then there is no need to look for others. */
  own: boolean;
  /** Other places, those with the most keys: three at most. */
  found: FoundPrefix[];
  /** About how many keys were looked at; undefined when these were all. */
  looked: number | undefined;
}

/** Keys under the pools' prefix that a sweep could make little of. */
export interface PassedOver {
  /** Lists whose keys hold no openId that could be used: left out. */
  keys: number;
  /** One of them, as messages have it. */
  example?: string;
  /** Pools, duplicates of SCAN included. */
  pools: number;
  /** Those of an openId with other characters than letters, digits, _ and -: treated as pools, perhaps wrongly. */
  odd: number;
  oddExample?: string;
}

/** The pools in Redis. Sweeps see every pool that is there from start to end at least once, some maybe twice. */
export interface PoolStore {
  /** A pool's key as messages have it; of "*", those of all pools. */
  keyOf(openId: string): string;
  /** Pages of openIds. */
  sweep(options?: SweepOptions): AsyncIterable<string[]>;
  /** What the sweep that began last has met so far that is worth a word. */
  readonly passedOver: PassedOver;
  /**
   * Reads the entries of several pools, oldest first, in bounded calls with a visit after each; a long pool comes in
   * several visits. A pool that is not there comes in none. Reading goes on when a visit is over.
   */
  read(openIds: readonly string[], visit: (pieces: ReadPiece[]) => void | Promise<void>): Promise<void>;
  /**
   * One bounded step over several pools: about a millisecond, and about `maxCommands` commands at most if that is less.
   * At least one entry is looked at.
   */
  purge(
    pools: OpenPool[],
    options: { dryRun: boolean; maxCommands?: number | undefined },
  ): Promise<PurgeStep>;
  /** Appends codes that are neither there nor used up, pool by pool; each pool's codes all or none. */
  push(pools: { openId: string; codes: PushRequest[] }[], options?: PushOptions): Promise<PushReply[]>;
  /** A bounded piece of each of several pools, as latin1 strings: at most `count`, and empty only where there is none. */
  slice(pieces: PoolPiece[]): Promise<string[][]>;
  /**
   * Removes entries that `slice` has read from index `from` on, as far as they are still there; for each, whether it was.
   * All of them or none are removed when Redis fails.
   */
  removeEntries(openId: string, from: number, entries: string[]): Promise<boolean[]>;
  /** A bounded look for lists of codes under whatever prefix. */
  findPrefixes(): Promise<PrefixLook>;
  /** Redis' clock, epoch ms. */
  now(): Promise<number>;
}

/** A value that a source holds for a user: an element of a list, a member of a set, a field of a hash, a string. */
export interface StoredValue {
  /** The key as messages have it. */
  key: string;
  /** What the key has in its place; undefined when that can't be one. */
  openId: string | undefined;
  /** What the key has behind the openId, from the first ':' on, where only its prefix is known. */
  rest: string;
  /** latin1. */
  bytes: string;
  /** Of a hash (latin1). */
  field?: string | undefined;
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

/** A script for backends, with what is needed to use it. */
export interface BackendScript {
  name: string;
  /** Of the source, in hex, as EVALSHA takes it. */
  sha1: string;
  source: string;
  /** Purpose, KEYS, ARGV, returns. */
  header: string;
  /** A whole program in each language. */
  examples: Record<"java" | "php" | "python" | "go" | "node", string>;
}
