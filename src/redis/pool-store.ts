import type { PassedOver, PoolStore, PushReply, PushRequest, SweepOptions } from "../pool/ports.ts";
import { findPoolPrefixes } from "./find-prefixes.ts";
import { showKey } from "./java-keys.ts";
import type { Keys, RedisKey } from "./keys.ts";
import type { RedisLink } from "./link.ts";
import { purgePools } from "./purge-pools.ts";
import { readPools, slicePools } from "./read-pools.ts";
import { sweepOpenIds } from "./scan.ts";
import { ENTRY_BUDGET, SCRIPTS, type ScriptArg } from "./scripts.ts";

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
    push: (pools) => pushPools(link, keys, pools),
    slice: (pieces) => slicePools(link, keys, pieces),
    removeEntries: (openId, from, entries) => removeEntries(link, keys.pool(openId), from, entries),
    findPrefixes: () => findPoolPrefixes(link, keys),
    now: link.now,
  };
}

function nothingPassed(): PassedOver {
  return { keys: 0, pools: 0, odd: 0 };
}

/** Of no platform is any other character known in an openId. */
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
  // Under a prefix with a tag of its own ledgers begin like pools; not asked for their type, they come along.
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

async function removeEntries(
  link: RedisLink,
  pool: RedisKey,
  from: number,
  entries: string[],
): Promise<boolean[]> {
  const replies = (await link.run(SCRIPTS.removeEntries, [pool], [from, ...entries.map(toArg)])) as number[];
  return replies.map((reply) => reply === 1);
}

/** A latin1 string as the bytes that it stands for. */
function toArg(bytes: string): ScriptArg {
  return /^[\x00-\x7f]*$/.test(bytes) ? bytes : Buffer.from(bytes, "latin1");
}

interface PendingPush {
  at: number;
  openId: string;
  codes: PushRequest[];
  from: number;
}

async function pushPools(
  link: RedisLink,
  keys: Keys,
  pools: { openId: string; codes: PushRequest[] }[],
): Promise<PushReply[]> {
  const results: PushReply[] = pools.map(() => ({ pushed: 0, known: 0, used: 0, notAList: false }));
  let pending: PendingPush[] = pools.map(({ openId, codes }, at) => ({ at, openId, codes, from: 0 }));
  while (pending.length > 0) {
    const replies = (await link.runBatch(SCRIPTS.pushCodes, pending, (some) => ({
      keys: keys.pairs(some.map(({ openId }) => openId)),
      args: pushArgs(some),
    }))) as number[][];
    pending = pending.filter((push, i) => takePushReply(push, replies[i] ?? [], results[push.at]!));
  }
  return results;
}

function pushArgs(pushes: PendingPush[]): ScriptArg[] {
  const args: ScriptArg[] = [ENTRY_BUDGET];
  for (const { from, codes } of pushes) {
    args.push(from, codes.length);
    for (const { formId, entry } of codes) args.push(formId, toArg(entry));
  }
  return args;
}

/** Enters one pool's reply into its result; true when the pool needs another call. */
function takePushReply(push: PendingPush, [next = -1, ...numbers]: number[], result: PushReply): boolean {
  result.notAList = next === -2;
  if (numbers.length === 0 && next === -1) {
    result.pushed = push.codes.length;
    return false;
  }
  const used = numbers.filter((number) => number < 0).length;
  result.used += used;
  result.known += numbers.length - used;
  const left = new Set(numbers.map(Math.abs));
  push.codes = push.codes.filter((_, i) => !left.has(i + 1));
  push.from = next;
  if (next === -1) result.pushed = push.codes.length;
  return next >= 0;
}
