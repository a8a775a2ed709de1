/** What INFO of a server says of the room that it has for keys. */
export interface ServerMemory {
  /** Names the server process. */
  serverId: string;
  /** maxmemory_policy: which keys are dropped when it is full; `noeviction`: none, writes are refused instead. */
  policy: string;
  /** maxmemory; 0: as much as there is. */
  maxBytes: number;
  /** evicted_keys, since the process began or its statistics were reset. */
  evictedKeys: number;
  /**
   * Without an append-only file: how long ago the last snapshot was made, ms, where something was written since. Undefined
   * where nothing waits to be saved, or that is not told.
   */
  unsavedMs?: number | undefined;
}

/** All servers that hold keys. Undefined where Redis, or a proxy before it, does not tell. */
export type LookAtMemory = () => Promise<ServerMemory[] | undefined>;

/** Keys that each server had dropped, by `serverId`. */
export type EvictedKeys = Record<string, number>;
