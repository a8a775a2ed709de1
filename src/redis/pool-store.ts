import type { EntryEdit } from "../pool/find-code.ts";
import type { PassedOver, PoolStore, SweepOptions } from "../pool/ports.ts";
import { changeUsers } from "./change-users.ts";
import { findPoolPrefixes } from "./find-prefixes.ts";
import { showKey } from "./java-keys.ts";
import type { Keys, RedisKey } from "./keys.ts";
import type { RedisLink } from "./link.ts";
import { changesAllTheTime, MAX_CONFLICTS } from "./other-type.ts";
import { purgePools } from "./purge-pools.ts";
import { pushPools } from "./push-pools.ts";
import { readPools, slicePools } from "./read-pools.ts";
import { sweepOpenIds } from "./scan.ts";

export function createPoolStore(link: RedisLink, keys: Keys): PoolStore {
  let passed = nothingPassed();
  return {
    keyOf: keys.shownPool,
    get passedOver() {
      return passed;
    },
    sweep: (options = {}) => {
      passed = nothingPassed();
      return sweepPools(link, keys, options, passed);
    },
    read: (openIds, visit) => readPools(link, keys, openIds, visit),
    purge: (pools, options) => purgePools(link, keys, pools, options),
    push: (pools, options) => pushPools(link, keys, pools, options),
    slice: (pieces) => slicePools(link, keys, pieces),
    removeEntries: (...given) => removeEntries(link, keys, ...given),
    findPrefixes: () => findPoolPrefixes(link, keys),
    now: link.now,
  };
}

function nothingPassed(): PassedOver {
  return { keys: 0, pools: 0, odd: 0 };
}

/** No platform is known to use any other characters in openIds. */
const USUAL_OPEN_ID = /^[\w-]+$/;

async function* sweepPools(
  link: RedisLink,
  keys: Keys,
  { match = "*", turn, anyType }: SweepOptions,
  passed: PassedOver,
): AsyncGenerator<string[]> {
  const onPassed = (key: RedisKey) => {
    passed.keys++;
    passed.example ??= showKey(key);
  };
  // Under a prefix with a tag of its own, ledgers begin like pools, and are found too if keys are not filtered by
  // type.
  const isLedger = (openId: string) => keys.openIdOfLedger(keys.pool(openId)) !== undefined;
  const type = anyType ? undefined : "list";
  for await (const page of sweepOpenIds(
    link,
    keys.poolsLike(match),
    type,
    keys.openIdOfPool,
    turn,
    onPassed,
  )) {
    passed.pools += page.length;
    for (const openId of page) {
      if (USUAL_OPEN_ID.test(openId) || isLedger(openId)) continue;
      passed.odd++;
      passed.oddExample ??= keys.shownPool(openId);
    }
    yield page;
  }
}

/**
 * Claims remove entries at the left, and releases put them back there: entries may have moved by a few positions
 * since they were read.
 */
const SLACK = 16;

async function removeEntries(
  link: RedisLink,
  keys: Keys,
  openId: string,
  from: number,
  entries: string[],
  among = entries.length,
): Promise<boolean[]> {
  const first = Math.max(0, from - SLACK);
  for (let conflicts = 0; ; conflicts++) {
    if (conflicts === MAX_CONFLICTS) throw changesAllTheTime(keys, openId, "run again");
    const range = link.client.lrangeBuffer(keys.pool(openId), first, from + among + SLACK - 1);
    const { edits, removed } = matchEntries(await link.call(range.catch(noEntries)), first, entries);
    const { done } = await changeUsers(link, keys, undefined, edits.length > 0 ? [{ openId, edits }] : []);
    if (done[0] !== false) return removed;
  }
}

/** A key that is no longer a list has no entries. */
function noEntries(error: unknown): Buffer[] {
  if (error instanceof Error && error.message.startsWith("WRONGTYPE")) return [];
  throw error;
}

/** Which of the entries are still among those of a pool from index `first` on. */
function matchEntries(found: Buffer[], first: number, entries: string[]) {
  const wanted = new Map<string, number[]>();
  for (const [n, bytes] of entries.entries()) wanted.set(bytes, [...(wanted.get(bytes) ?? []), n]);
  const removed = entries.map(() => false);
  const edits: EntryEdit[] = [];
  for (const [i, bytes] of found.entries()) {
    const was = toLatin1(bytes);
    const n = wanted.get(was)?.shift();
    if (n === undefined) continue;
    removed[n] = true;
    edits.push({ index: first + i, was, text: undefined });
  }
  return { edits, removed };
}

function toLatin1(bytes: Buffer): string {
  return bytes.toString("latin1");
}
