import { isFormId, usesOf } from "../pool/code.ts";
import { readPlain } from "../pool/plain-entry.ts";
import type { PushOptions, PushReply, PushRequest } from "../pool/ports.ts";
import { readEntry } from "../pool/read-entry.ts";
import { toArg } from "./change-users.ts";
import type { Keys } from "./keys.ts";
import { mayBringSeveral } from "./ledger-record.ts";
import type { RedisLink } from "./link.ts";
import { Measured, type PoolReading, toPool } from "./read-users.ts";
import { ENTRY_BUDGET, SCRIPTS, type ScriptArg } from "./scripts.ts";

/** A pool whose codes are not yet pushed. */
interface Pending {
  at: number;
  openId: string;
  codes: PushRequest[];
  /** List index from which to continue reading, and the entry before it. */
  from: number;
  last: string;
}

/** The reply of push-codes.lua about a pool. */
interface Reply {
  index: number;
  /** Of codes, from 1; negative for used ones. */
  numbers: number[];
  /** Entries from `index` on, if the script has not read all of them. */
  piece: PoolReading | undefined;
}

const DONE = -1;
const NOT_A_LIST = -2;
/** The pool has changed since it was read. */
const CHANGED = -3;
/** Stands for an entry that is too long to be sent. */
const UNKNOWN = "*";

/** See `PoolStore.push`. Pools of plain entries take one call. */
export async function pushPools(
  link: RedisLink,
  keys: Keys,
  pools: { openId: string; codes: PushRequest[] }[],
  { dryRun = false }: PushOptions = {},
): Promise<PushReply[]> {
  const results: PushReply[] = pools.map(() => ({ pushed: 0, known: 0, used: 0, notAList: false }));
  let pending: Pending[] = pools.map(({ openId, codes }, at) => ({ at, openId, codes, from: 0, last: "" }));
  while (pending.length > 0) {
    const plan = (some: Pending[]) => ({
      keys: keys.pairs(some.map(({ openId }) => openId)),
      args: toArgs(some, dryRun),
    });
    const replies = await link.runBatch(SCRIPTS.pushCodes, pending, plan, toReplies);
    pending = pending.filter((push, i) => takeReply(push, replies[i]!, results[push.at]!));
  }
  return results;
}

function toArgs(pushes: Pending[], dryRun: boolean): ScriptArg[] {
  const args: ScriptArg[] = [ENTRY_BUDGET, dryRun ? 1 : 0];
  for (const { from, last, codes } of pushes) {
    const lines = from === 0 ? toPlainLines(codes) : undefined;
    if (lines !== undefined) {
      args.push(lines);
      continue;
    }
    args.push("", from, toArg(last), codes.length);
    for (const { formId, entry } of codes) args.push(toKnownBy(formId, entry), toArg(entry));
  }
  return args;
}

/**
 * Plain codes, as nearly all are, in one argument: the cost of a call depends on the number of arguments. Undefined when one
 * of them is not plain.
 */
function toPlainLines(codes: PushRequest[]): string | undefined {
  if (codes.length === 0 || !codes.every(isPlain)) return undefined;
  if (codes.length > 1 && new Set(codes.map(({ formId }) => formId)).size < codes.length) return undefined;
  return codes.map(({ entry }) => entry).join("\n");
}

/** Whether an entry is that of one code in its plain form, and not of a code that may be good for several messages. */
function isPlain({ formId, entry }: PushRequest): boolean {
  const code = readPlain(entry);
  return code?.formId === formId && !mayBringSeveral(code);
}

/** How the script identifies an entry. */
function toKnownBy(formId: string, bytes: string): ScriptArg {
  const entry = readEntry(bytes);
  const codes = entry.readable ? entry.codes : [];
  const [first] = codes;
  const isUsual = codes.length === 1 && first?.formId === formId && !mayBringSeveral(first);
  if (isUsual && isFormId(formId)) return formId;
  // A text that is not a formId was never sent with, so it can't be used up.
  const isKnown = codes.every(({ wellFormed }) => wellFormed);
  const words = codes.map((code) => `${code.formId} ${usesOf(code)} ${mayBringSeveral(code) ? 1 : 0}`);
  return toArg(`\n${formId}\n${isKnown ? words.join(" ") : ""}`);
}

/** For a pool that the script does not mention: all its codes were pushed. */
const ALL_PUSHED: Reply = { index: DONE, numbers: [], piece: undefined };

function toReplies(reply: unknown, pushes: Pending[]): Reply[] {
  const [text, blob] = reply as [Buffer, Buffer];
  const replies = pushes.map(() => ALL_PUSHED);
  if (text.length === 0) return replies;
  const bytes = new Measured(blob);
  for (const line of text.toString("latin1").split("\n")) {
    const [pool, index, numbers = ".", ...piece] = line.split(" ");
    replies[Number(pool) - 1] = {
      index: Number(index),
      numbers: numbers === "." ? [] : numbers.split(",").map(Number),
      piece: piece.length > 0 ? toPool(piece, bytes) : undefined,
    };
  }
  return replies;
}

/** Enters one pool's reply into its result; true when the pool needs another call. */
function takeReply(push: Pending, reply: Reply, result: PushReply): boolean {
  const { index, numbers, piece } = reply;
  if (reply === ALL_PUSHED) {
    result.pushed = push.codes.length;
    return false;
  }
  const used = numbers.filter((number) => number < 0).length;
  result.used += used;
  result.known += numbers.length - used;
  const left = new Set(numbers.map(Math.abs));
  push.codes = push.codes.filter((_, i) => !left.has(i + 1));
  if (index === DONE) result.pushed = push.codes.length;
  if (index === NOT_A_LIST) result.notAList = true;
  if (index === CHANGED) Object.assign(push, { from: 0, last: "" });
  if (piece && piece.entries.length > 0) result.known += dropKnown(push, index, piece.entries);
  return index !== DONE && index !== NOT_A_LIST;
}

/** Compares entries that the script has left, from a list index on; returns how many codes are left out because of them. */
function dropKnown(push: Pending, index: number, entries: (string | undefined)[]): number {
  const formIds = new Set<string>();
  for (const bytes of entries) {
    const entry = bytes === undefined ? undefined : readEntry(bytes);
    if (entry?.readable) for (const { formId } of entry.codes) formIds.add(formId);
  }
  // Such an entry is only identified by its bytes.
  formIds.delete("");
  const before = push.codes.length;
  push.codes = push.codes.filter(({ formId, entry }) => !formIds.has(formId) && !entries.includes(entry));
  push.from = index + entries.length;
  push.last = entries.at(-1) ?? UNKNOWN;
  return before - push.codes.length;
}
