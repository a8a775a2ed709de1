import type { Claimed, ClaimReply } from "../broadcast/ports.ts";
import type { Found, Picked, Stock } from "../pool/find-code.ts";
import type { UserChange } from "./change-users.ts";
import { type ClaimedRecord, writeClaimed } from "./ledger-record.ts";
import type { PermissionRules } from "./permission-rules.ts";
import type { UserReading } from "./read-users.ts";

/** What earlier rounds have found for a user. */
export interface Progress {
  openId: string;
  /** List index from which to continue reading. */
  from: number;
  expired: number;
  refused: number;
  unreadable: number;
  pending?: Pending;
}

/** A permission that is taken once enough others are counted after it, over several rounds. */
export interface Pending {
  found: Found & { pick: Picked };
  /** Valid permissions so far, including those in its own entry. */
  valid: number;
  /** The entries that hold the others. */
  kept: Stock[];
}

/** What was read after the entry that a claim takes from, because a filter needs it. */
export interface Behind {
  /** Entries that must still be there when the claim is made. */
  kept: readonly Stock[];
  /** Valid permissions found in earlier rounds. */
  earlier: number;
}

export const NOTHING_BEHIND: Behind = { kept: [], earlier: 0 };

export function sumValid(stocks: readonly Stock[]): number {
  return stocks.reduce((sum, { valid }) => sum + valid, 0);
}

/**
 * What to do about a user: make the change, if there is one, and then reply; without a reply, continue reading from
 * `next`.
 */
export interface Step {
  change?: UserChange;
  reply?: ClaimReply;
  next?: Progress;
  /** In a dry run: list index from which the user's other valid codes are still to be counted, if not all were read. */
  lookFrom?: number;
}

/** Adds this round's findings to those of earlier rounds. */
export function addFound(user: Progress, { expired, refused, unreadable }: Found): Progress {
  return {
    ...user,
    expired: user.expired + expired,
    refused: user.refused + refused,
    unreadable: user.unreadable + unreadable,
  };
}

/** The step for a pool that continues after the entries read, if none of them has a valid code. */
export function dropAndReadOn(
  rules: PermissionRules,
  dryRun: boolean,
  user: Progress,
  reading: UserReading,
  refused?: string,
): Step {
  const { pool, record, nowMs } = reading;
  let { entries } = pool;
  let found = rules.find(entries, user.from, nowMs, refused);
  const last = found.edits.at(-1);
  // It may be the pool's last entry; removing it would delete the pool before it is known whether it held a code.
  if (!dryRun && last?.text === undefined && last?.index === user.from + entries.length - 1) {
    entries = entries.slice(0, -1);
    found = rules.find(entries, user.from, nowMs, refused);
  }
  const { edits } = found;
  const next = { ...addFound(user, found), from: user.from + entries.length };
  if (dryRun || edits.length === 0) return { next };
  const removed = edits.filter(({ text }) => text === undefined).length;
  const change = { openId: user.openId, record: { was: record, text: record }, edits };
  return { change, next: { ...next, from: next.from - removed } };
}

/** The step that takes the code found; `attempt` is the first. */
export function takeFound(
  rules: PermissionRules,
  by: { run: string; dryRun: boolean },
  { openId, from, expired, refused }: Progress,
  reading: UserReading,
  { pick, edits }: Found & { pick: Picked },
  { kept, earlier }: Behind = NOTHING_BEHIND,
): Step {
  const { record, nowMs } = reading;
  const { code, k, index, own, source, leaves } = pick;
  const { formId, expireMs, scene } = code;
  const multiUse = rules.mustNotRepeat(code);
  // What is not taken from its pool is not spent.
  const use = { multiUse, standing: own === "", scene };
  const claimed = { run: by.run, attempt: 1, atMs: nowMs, ...use, k, expireMs, formId, own, source };
  const reply = { status: "claimed" as const, ...describe(openId, claimed), expired, refused };
  if (by.dryRun)
    return countLeft(rules, reply, reading, from, {
      index: Math.max(index + 1, from),
      left: leaves + earlier,
    });
  const text = writeClaimed(claimed);
  const expiries = [expireMs, ...kept.map((stock) => stock.expireMs)].filter((ms) => ms > 0);
  const before = expiries.length > 0 ? { beforeMs: Math.min(...expiries) } : {};
  return { reply, change: { openId, record: { was: record, text }, ...before, edits, kept } };
}

/** The maximum to which a dry run counts a user's remaining codes. */
export const MAX_LEFT = 3;

/** The claim of a dry run: how many valid codes are left, from what was read; `known`: before an index of the pool. */
export function countLeft(
  rules: PermissionRules,
  reply: ClaimReply & { status: "claimed" },
  { pool, nowMs }: UserReading,
  from: number,
  known: { index: number; left: number },
): Step {
  const stocks = rules.findValid(
    pool.entries.slice(known.index - from),
    known.index,
    nowMs,
    MAX_LEFT - known.left,
  );
  const left = Math.min(MAX_LEFT, known.left + sumValid(stocks));
  const step = { reply: { ...reply, left } };
  const isAll = left >= MAX_LEFT || pool.ended || pool.kind !== "list";
  return isAll ? step : { ...step, lookFrom: from + pool.entries.length };
}

/** For a claim that existed before: nothing was dropped for it. */
export const NOTHING = { expired: 0, refused: 0 };

export function describe(
  openId: string,
  { formId, expireMs, multiUse, standing, scene, attempt }: ClaimedRecord,
): Claimed {
  return {
    ...{ openId, formId, expireMs, multiUse, attempt },
    ...(standing ? { standing } : {}),
    ...(scene === undefined ? {} : { scene }),
  };
}
