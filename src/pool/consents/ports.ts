import type { Consent } from "../consent.ts";
import type { PoolStore, PushOptions } from "../ports.ts";

/** What to append to one pool, in this order. */
export interface ConsentPush {
  /** The pool's name. */
  name: string;
  /** Texts are entries (latin1) as they are, unless the pool holds the same bytes: an export's that nobody understands. */
  items: readonly (Consent | string)[];
}

export interface ConsentPushReply {
  pushed: number;
  /** Left out because the pool holds a consent of that id, or an entry of those bytes. */
  known: number;
  /** Left out because the user's ledger has it as spent. */
  used: number;
  /** Left out because the pool has as many valid consents as it may. */
  capped: number;
  /** The key holds something that is not a list. */
  notAList: boolean;
}

/**
 * The pools of consents of one template or of all, under names (`name.ts`) where those of codes go by openIds. What works on
 * entries whatever they hold is the same.
 */
export interface ConsentStore
  extends Pick<
    PoolStore,
    "keyOf" | "sweep" | "passedOver" | "read" | "slice" | "removeEntries" | "purge" | "now"
  > {
  /** Names of all pools of some users, by one sweep over the keys unless there is but one template. */
  poolsOf(openIds: readonly string[]): Promise<string[]>;
  /** Appends what is neither there nor spent, up to the cap; each pool's all or none. `maxAgeMs`, `cap`: see the settings. */
  push(pools: readonly ConsentPush[], options?: PushOptions): Promise<ConsentPushReply[]>;
  /** How old a consent may be; undefined: any age. */
  readonly maxAgeMs: number | undefined;
}
