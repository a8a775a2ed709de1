/** What a server's INFO says about its memory for keys. */
export interface ServerMemory {
  /** Names the server process. */
  serverId: string;
  /** maxmemory_policy: which keys are evicted when it is full; `noeviction`: none, writes are refused instead. */
  policy: string;
  /** maxmemory; 0: unlimited. */
  maxBytes: number;
  /** evicted_keys, since the process began or its statistics were reset. */
  evictedKeys: number;
  /**
   * Without an append-only file: how long ago the last snapshot was made, ms, where something was written since.
   * Undefined where nothing is unsaved, or the server doesn't say.
   */
  unsavedMs?: number | undefined;
}

/** All servers that hold keys. Undefined where Redis, or a proxy in front of it, does not say. */
export type LookAtMemory = () => Promise<ServerMemory[] | undefined>;

/** Keys that each server had evicted, by `serverId`. */
export type EvictedKeys = Record<string, number>;
