import { PushCliError } from "../errors.ts";
import { showKey } from "./java-keys.ts";
import type { Keys } from "./keys.ts";

/**
 * For a pool whose key is not a list, or a key of the collector beside it that is not a sorted set. `name`: of the
 * pool.
 */
export function otherType(keys: Keys, name: string, isPool: boolean): PushCliError {
  const [key, type] = isPool ? [keys.shownPool(name), "list"] : [showKey(keys.seen(name)), "sorted set"];
  return new PushCliError("redis", `the key '${key}' is not a ${type}`, {
    hint: "check --pool-prefix, and what else writes to this key",
  });
}

/** For `changesAllTheTime`, of a report to the collector. */
export const REPORT_AGAIN = "report again: what the pool holds already is skipped";

/**
 * How often others may change a pool or ledger between reading it and the script. Each time it has changed within a millisecond:
 * this many in a row can't be chance.
 */
export const MAX_CONFLICTS = 100;

/** For a pool that changes before every attempt. `next`: what to do once it does not. */
export function changesAllTheTime(keys: Keys, name: string, next: string): PushCliError {
  return new PushCliError("redis", `the pool '${keys.shownPool(name)}' keeps changing`, {
    hint: `find out what writes there, then ${next}`,
    transient: true,
  });
}
