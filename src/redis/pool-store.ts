import type { EntryEdit } from "../pool/find-code.ts";
import type { PoolPiece, PoolStore } from "../pool/ports.ts";
import { changeUsers } from "./change-users.ts";
import { checkConflicts } from "./claim-users.ts";
import { findPoolPrefixes } from "./find-prefixes.ts";
import type { Keys } from "./keys.ts";
import type { RedisLink } from "./link.ts";
import { purgePools } from "./purge-pools.ts";
import { pushPools } from "./push-pools.ts";
import { sweepOpenIds } from "./scan.ts";

/** Entries per LRANGE: a long pool is read in steps that Redis does not notice. */
const READ_CHUNK = 500;

export function createPoolStore(link: RedisLink, keys: Keys): PoolStore {
  return {
    keyOf: keys.shownPool,
    sweep: ({ match = "*", turn, anyType } = {}) =>
      sweepOpenIds(link, keys.poolsLike(match), anyType ? undefined : "list", keys.openIdOfPool, turn),
    read: (openIds, visit) => readPools(link, keys, openIds, visit),
    purge: (pools, options) => purgePools(link, keys, pools, options),
    push: (pools) => pushPools(link, keys, pools),
    slice: (pieces) => readPieces(link, keys, pieces),
    removeEntries: (openId, from, entries) => removeEntries(link, keys, openId, from, entries),
    findPrefixes: () => findPoolPrefixes(link, keys),
    now: link.now,
  };
}

async function readPools(
  link: RedisLink,
  keys: Keys,
  openIds: string[],
  visit: (index: number, entries: string[]) => void | Promise<void>,
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
      const visited = chunk.length > 0 && visit(index, chunk.map(toLatin1));
      if (visited) await visited;
      if (chunk.length === READ_CHUNK) full.push(index);
    }
    open = full;
  }
}

async function readPieces(link: RedisLink, keys: Keys, pieces: PoolPiece[]): Promise<string[][]> {
  const read = ({ openId, from, count }: PoolPiece) =>
    link.client.lrangeBuffer(keys.pool(openId), from, from + count - 1);
  const chunks = await link.call(Promise.all(pieces.map(read)));
  return chunks.map((chunk) => chunk.map(toLatin1));
}

/** A claim takes entries away on the left, a release puts them back there: what was read may have moved by a few. */
const SLACK = 16;

async function removeEntries(
  link: RedisLink,
  keys: Keys,
  openId: string,
  from: number,
  entries: string[],
): Promise<boolean[]> {
  const first = Math.max(0, from - SLACK);
  for (let conflicts = 0; ; checkConflicts(openId, conflicts++)) {
    const range = link.client.lrangeBuffer(keys.pool(openId), first, from + entries.length + SLACK - 1);
    const { edits, removed } = matchEntries(await link.call(range.catch(noEntries)), first, entries);
    const { done } = await changeUsers(link, keys, undefined, edits.length > 0 ? [{ openId, edits }] : []);
    if (done[0] !== false) return removed;
  }
}

/** What is no list any more has none. */
function noEntries(error: unknown): Buffer[] {
  if (error instanceof Error && error.message.startsWith("WRONGTYPE")) return [];
  throw error;
}

/** Which of the entries still stand among those of a pool from index `first` on. */
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
