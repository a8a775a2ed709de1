import { PushCliError } from "../errors.ts";
import { showKey } from "./java-keys.ts";
import type { Keys } from "./keys.ts";

/** For a pool whose key is no list, or for what the collector keeps beside it and is no sorted set. `name`: whose. */
export function otherType(keys: Keys, name: string, isPool: boolean): PushCliError {
  const [key, type] = isPool ? [keys.shownPool(name), "list"] : [showKey(keys.seen(name)), "sorted set"];
  return new PushCliError("redis", `the key '${key}' is not a ${type}`, {
    hint: "check --pool-prefix, and what else writes to this key",
  });
}

/** How often a pool may change between the look at it and the script. */
export const MOST_CONFLICTS = 100;

/** For a pool that can't be changed by comparison, however often. */
export function changesAllTheTime(keys: Keys, name: string): PushCliError {
  return new PushCliError("redis", `the pool '${keys.shownPool(name)}' keeps changing`, {
    hint: "find out what writes there, then report again: what the pool holds already is skipped",
    transient: true,
  });
}
