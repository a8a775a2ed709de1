import type { PoolStore, PushReply, PushRequest } from "../pool/ports.ts";
import type { RedisLink } from "./connect.ts";
import type { Keys } from "./keys.ts";
import { purgePools } from "./purge-pools.ts";
import { sweepOpenIds } from "./scan.ts";
import { ENTRY_BUDGET, SCRIPTS } from "./scripts.ts";

/** Entries per LRANGE: a long pool is read in steps that Redis does not notice. */
const READ_CHUNK = 500;

export function createPoolStore(link: RedisLink, keys: Keys): PoolStore {
  return {
    keyOf: keys.pool,
    sweep: (turn) => sweepOpenIds(link, keys.anyPool, "list", keys.openIdOfPool, turn),
    read: (openIds, visit) => readPools(link, keys, openIds, visit),
    purge: (pools, options) => purgePools(link, keys, pools, options),
    push: (pools) => pushPools(link, keys, pools),
    now: link.now,
  };
}

async function readPools(
  link: RedisLink,
  keys: Keys,
  openIds: string[],
  visit: (index: number, entries: string[]) => void,
): Promise<void> {
  let open = openIds.map((_, index) => index);
  for (let from = 0; open.length > 0; from += READ_CHUNK) {
    const to = from + READ_CHUNK - 1;
    const chunks = await link.call(
      Promise.all(open.map((index) => link.client.lrangeBuffer(keys.pool(openIds[index]!), from, to))),
    );
    const full: number[] = [];
    for (const [i, index] of open.entries()) {
      const chunk = chunks[i] ?? [];
      if (chunk.length > 0)
        visit(
          index,
          chunk.map((bytes) => bytes.toString("latin1")),
        );
      if (chunk.length === READ_CHUNK) full.push(index);
    }
    open = full;
  }
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
  const results: PushReply[] = pools.map(() => ({ pushed: 0, known: 0, notAList: false }));
  let pending: PendingPush[] = pools.map(({ openId, codes }, at) => ({ at, openId, codes, from: 0 }));
  while (pending.length > 0) {
    const args = pending.flatMap(({ from, codes }) => [
      from,
      codes.length,
      ...codes.flatMap(({ formId, entry }) => [formId, entry]),
    ]);
    const names = pending.map(({ openId }) => keys.pool(openId));
    const replies = (await link.run(SCRIPTS.pushCodes, names, [ENTRY_BUDGET, ...args])) as number[][];
    pending = pending.filter((push, i) => takePushReply(push, replies[i] ?? [], results[push.at]!));
  }
  return results;
}

/** Enters one pool's reply into its result; true when the pool needs another call. */
function takePushReply(
  push: PendingPush,
  [next = -1, ...knownNumbers]: number[],
  result: PushReply,
): boolean {
  result.known += knownNumbers.length;
  const known = new Set(knownNumbers);
  push.codes = push.codes.filter((_, i) => !known.has(i + 1));
  push.from = next;
  if (next === -1) result.pushed = push.codes.length;
  if (next === -2) result.notAList = true;
  return next >= 0;
}
