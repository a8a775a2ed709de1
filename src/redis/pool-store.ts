import type { PoolStore, PushReply, PushRequest } from "../pool/ports.ts";
import { findPoolPrefixes } from "./find-prefixes.ts";
import type { Keys, RedisKey } from "./keys.ts";
import type { RedisLink } from "./link.ts";
import { purgePools } from "./purge-pools.ts";
import { readPools, slicePools } from "./read-pools.ts";
import { sweepOpenIds } from "./scan.ts";
import { ENTRY_BUDGET, SCRIPTS, type ScriptArg } from "./scripts.ts";

export function createPoolStore(link: RedisLink, keys: Keys): PoolStore {
  return {
    keyOf: keys.shownPool,
    sweep: ({ match = "*", turn, anyType } = {}) =>
      sweepOpenIds(link, keys.poolsLike(match), anyType ? undefined : "list", keys.openIdOfPool, turn),
    read: (openIds, visit) => readPools(link, keys, openIds, visit),
    purge: (pools, options) => purgePools(link, keys, pools, options),
    push: (pools) => pushPools(link, keys, pools),
    slice: (pieces) => slicePools(link, keys, pieces),
    removeEntries: (openId, from, entries) => removeEntries(link, keys.pool(openId), from, entries),
    findPrefixes: () => findPoolPrefixes(link, keys),
    now: link.now,
  };
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
