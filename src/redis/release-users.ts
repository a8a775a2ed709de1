import type { FinalOutcome } from "../broadcast/outcome.ts";
import type { Errcode } from "../broadcast/ports.ts";
import { takeUse } from "../pool/cut-entry.ts";
import type { EntryEdit } from "../pool/find-code.ts";
import { readEntry } from "../pool/read-entry.ts";
import { changeUsers, type UserChange } from "./change-users.ts";
import { checkConflicts } from "./claim-users.ts";
import { type ClaimedRecord, finalWithout, readClaimed, readFinal } from "./ledger-record.ts";
import type { RedisLink } from "./link.ts";
import { type Book, readUsers, type UserReading } from "./read-users.ts";

/** How many entries of a pool are searched for the one that a code was cut from. */
const NEAR_HEAD = 16;

/** A user whose release is in progress. */
interface Open {
  openId: string;
  /** Index in the call's list. */
  at: number;
  /** List index from which to continue reading. */
  from: number;
  /** Entries before that. */
  met: (string | undefined)[];
}

/** How the records end; without it they are deleted. */
export interface ReleaseAs {
  outcome: FinalOutcome;
  attempts: number;
  errcode: Errcode | undefined;
}

/**
 * Puts claimed codes that were certainly not consumed back at the left of their pools. Returns for each user whether that
 * is done, now or, with `as`, by the same call before; false for a record that is not this run's claim, was released before,
 * has no bytes to put back, or no list to put them back into.
 */
export async function releaseUsers(
  link: RedisLink,
  book: Book,
  openIds: string[],
  as?: ReleaseAs,
): Promise<boolean[]> {
  const replies: boolean[] = new Array(openIds.length).fill(false);
  let open: Open[] = openIds.map((openId, at) => ({ openId, at, from: 0, met: [] }));
  for (let round = 0; open.length > 0; round++) {
    const readings = await readUsers(link, book, open, NEAR_HEAD);
    const changing: { user: Open; change: UserChange }[] = [];
    const unfinished: Open[] = [];
    for (const [i, user] of open.entries()) {
      const met = [...user.met, ...readings[i]!.pool.entries];
      const planned = planRelease(book.head[1], user.openId, readings[i]!, met, as);
      if (planned === "more") unfinished.push({ ...user, from: met.length, met });
      else if (typeof planned === "boolean") replies[user.at] = planned;
      else changing.push({ user, change: planned });
    }
    const changes = changing.map(({ change }) => change);
    const { done } = await changeUsers(link, book.keys, { id: book.head[0], ttlMs: book.head[2] }, changes);
    for (const [i, { user }] of changing.entries()) {
      if (done[i]) replies[user.at] = true;
      else {
        checkConflicts(user.openId, round);
        unfinished.push({ ...user, from: 0, met: [] });
      }
    }
    open = unfinished;
  }
  return replies;
}

/** `met`: the pool's first entries, as far as they were read. */
function planRelease(
  run: string,
  openId: string,
  { record, pool, nowMs }: UserReading,
  met: (string | undefined)[],
  as: ReleaseAs | undefined,
): UserChange | boolean | "more" {
  const claimed = record === undefined ? undefined : readClaimed(record);
  if (!claimed) {
    const final = readFinal(record ?? "");
    return as !== undefined && final?.outcome === as.outcome && final.run === run;
  }
  if (claimed.run !== run) return false;
  const text = as && finalWithout(as.outcome, run, as.attempts, nowMs, as.errcode);
  // Nothing was taken: the consent is still in the pool, or there is no pool.
  if (claimed.own === "" && claimed.source !== "")
    return { openId, record: { was: record, text }, edits: [] };
  if (claimed.own === "") return false;
  if (pool.kind === "later") return "more";
  if (pool.kind !== "list") return false;
  const edit = findPlace(claimed, met.slice(0, NEAR_HEAD));
  // Long entries come in several pieces.
  if (!edit && claimed.source !== "" && !pool.ended && met.length < NEAR_HEAD) return "more";
  const back = edit ? { edits: [edit] } : { edits: [], back: claimed.own };
  return { openId, record: { was: record, text }, ...back };
}

/** The entry that a code was cut from, if it is still as the claim left it: the code goes back into it. */
function findPlace({ source, k }: ClaimedRecord, entries: (string | undefined)[]): EntryEdit | undefined {
  const entry = source === "" ? undefined : readEntry(source);
  if (!entry?.readable || k > entry.codes.length) return undefined;
  const rest = takeUse(source, entry.codes, k - 1)?.rest;
  const index = rest === undefined ? -1 : entries.indexOf(rest);
  return rest === undefined || index < 0 ? undefined : { index, was: rest, text: source };
}
