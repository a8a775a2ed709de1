import type { Consent } from "../consent.ts";
import type { PoolStore, PushOptions } from "../ports.ts";

/** What to append to one pool, in this order. */
export interface ConsentPush {
  /** The pool's name. */
  name: string;
  /**
   * Strings are entries (latin1) to append unchanged, unless the pool holds the same bytes: entries of an export that are not
   * understood.
   */
  items: readonly (Consent | string)[];
}

export interface ConsentPushReply {
  pushed: number;
  /** Left out because the pool already holds a consent with that id, or an entry with those bytes. */
  known: number;
  /** Left out because the user's ledger records it as spent. */
  used: number;
  /** Left out because the pool has reached the maximum number of valid consents. */
  capped: number;
  /** The key holds something that is not a list. */
  notAList: boolean;
}

/**
 * The pools of consents of one template or of all, identified by names (see `name.ts`) instead of openIds. Operations that
 * don't depend on the content of entries are the same as for codes.
 */
export interface ConsentStore
  extends Pick<
    PoolStore,
    "keyOf" | "sweep" | "passedOver" | "read" | "slice" | "removeEntries" | "purge" | "now"
  > {
  /** Names of all pools of some users, found in one sweep over the keys unless there is only one template. */
  poolsOf(openIds: readonly string[]): Promise<string[]>;
  /**
   * Appends what is neither in the pool nor spent, up to the cap; for each pool all or nothing. `maxAgeMs`, `cap`: see the
   * settings.
   */
  push(pools: readonly ConsentPush[], options?: PushOptions): Promise<ConsentPushReply[]>;
  /** The maximum age of a consent; undefined: any age. */
  readonly maxAgeMs: number | undefined;
}
