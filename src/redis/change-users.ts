import type { EntryEdit } from "../pool/find-code.ts";
import type { Keys } from "./keys.ts";
import type { RedisLink } from "./link.ts";
import { SCRIPTS, type ScriptArg } from "./scripts.ts";

/** A change to what was read of a user; applied completely, or not at all when that has changed. */
export interface UserChange {
  openId: string;
  /** The record that must be there (undefined: none), and what it becomes (undefined: none). */
  record?: { was: string | undefined; text: string | undefined };
  /** Epoch ms by Redis' clock from which on it is too late. */
  beforeMs?: number;
  /** Entries that the pool must have. */
  length?: number;
  /** Not when what the policy asks of ledgers, `notIn` and `caps`, leaves the user out now. */
  unlessLeftOut?: boolean;
  /** An entry to put at the left end. */
  back?: string;
  /** In ascending order. */
  edits: EntryEdit[];
  /** Entries behind those that must be there, too, and stay as they are; in ascending order. */
  kept?: readonly { index: number; was: string }[];
}

export interface Changes {
  /** For each, whether it was made. */
  done: boolean[];
  /** Redis commands that it took. */
  commands: number;
}

/**
 * Makes the changes of several users, each by itself. `ledger`: the broadcast whose records are meant, their lifetime, and its
 * policy as scripts take it.
 */
export async function changeUsers(
  link: RedisLink,
  keys: Keys,
  ledger: { id: string; ttlMs: number; policy?: string | undefined } | undefined,
  changes: UserChange[],
): Promise<Changes> {
  if (changes.length === 0) return { done: [], commands: 0 };
  const plan = (some: UserChange[]) => {
    const openIds = some.map(({ openId }) => openId);
    const [lines, bytes] = toLines(some);
    const { id = "", ttlMs = 0, policy = "" } = ledger ?? {};
    const args: ScriptArg[] = [id, ttlMs, lines, Buffer.from(bytes, "latin1"), policy];
    return { keys: ledger ? keys.pairs(openIds) : openIds.map(keys.pool), args };
  };
  const replies = await link.runBatch(SCRIPTS.changeUsers, changes, plan, toReplies);
  const done: boolean[] = [];
  let commands = 0;
  for (const reply of Array.from(replies)) {
    done.push(reply.done);
    commands += reply.commands;
  }
  return { done, commands };
}

/** A call's commands stand for the first of its users, and nothing for the others. */
function toReplies(reply: unknown): { done: boolean; commands: number }[] {
  const [digits, commands] = reply as [string, number];
  return Array.from(digits, (digit, i) => ({ done: digit === "1", commands: i === 0 ? commands : 0 }));
}

/** A line of words per user, and the bytes whose lengths they give. */
function toLines(changes: UserChange[]): [lines: string, bytes: string] {
  let bytes = "";
  const measure = (text: string | undefined) => {
    if (text === undefined) return "-";
    bytes += text;
    return String(text.length);
  };
  const lines = changes.map(({ record, beforeMs, length, unlessLeftOut, back, edits, kept = [] }) => {
    const same = record && record.was === record.text;
    const words = [record ? measure(record.was) : "*", record && !same ? measure(record.text) : "*"];
    words.push(String(beforeMs ?? "-"), String(length ?? "*"), unlessLeftOut ? "=" : "-", measure(back));
    for (const { index, was, text } of edits) words.push(String(index), measure(was), measure(text));
    for (const { index, was } of kept) words.push(String(index), measure(was), "*");
    return words.join(" ");
  });
  return [lines.join("\n"), bytes];
}

/** A latin1 string as the bytes that it stands for. */
export function toArg(bytes: string): ScriptArg {
  return /^[\x00-\x7f]*$/.test(bytes) ? bytes : Buffer.from(bytes, "latin1");
}
