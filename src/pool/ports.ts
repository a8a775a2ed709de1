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
  /** Pages of openIds. `turn` is awaited before each question to Redis; false ends the sweep. */
  sweep(turn?: () => Promise<boolean>): AsyncIterable<string[]>;
  /**
   * Reads the entries of several pools, oldest first, as latin1 strings; a long pool comes in several visits.
   * A pool that is not there is not visited. `index` counts into `openIds`.
   */
  read(openIds: string[], visit: (index: number, entries: string[]) => void): Promise<void>;
  /**
   * One bounded step over several pools: about a millisecond, and about `maxCommands` commands at most if that is less.
   * At least one entry is looked at.
   */
  purge(
    pools: OpenPool[],
    options: { dryRun: boolean; maxCommands?: number | undefined },
  ): Promise<PurgeStep>;
  /** Appends codes, pool by pool; each pool's codes all or none. */
  push(pools: { openId: string; codes: PushRequest[] }[]): Promise<PushReply[]>;
  /** Redis' clock, epoch ms. */
  now(): Promise<number>;
}
