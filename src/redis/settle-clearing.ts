import type { Cleared, Settlement } from "../broadcast/ports.ts";
import { changeUsers } from "./change-users.ts";
import { checkConflicts } from "./claim-users.ts";
import { finalWithout, readClaimed, readFinal } from "./ledger-record.ts";
import type { RedisLink } from "./link.ts";
import { type Book, readUsers } from "./read-users.ts";

/** Entries of a pool to read per round. */
const READ_COUNT = 512;

/**
 * The platform says that this user has no such permission: all permissions in the pool are removed, and the record becomes
 * final with the last of them. Other entries stay. The record names no permission: the one that was tried was not spent, and
 * a later run would count it as spent. Repeating the call removes nothing.
 */
export async function settleClearing(link: RedisLink, book: Book, settlement: Settlement): Promise<Cleared> {
  const { keys, head, rules } = book;
  const { openId, outcome } = settlement;
  let dropped = 0;
  let from = 0;
  let conflicts = 0;
  for (;;) {
    const [reading] = await readUsers(link, book, [{ openId, from }], READ_COUNT);
    const { record = "", pool, nowMs } = reading!;
    const claimed = readClaimed(record);
    if (claimed?.run !== head[1]) {
      const final = readFinal(record);
      return { settled: final?.run === head[1] && final.outcome === outcome, dropped };
    }
    const isList = pool.kind === "list";
    const edits = isList ? rules.findAll(pool.entries, from) : [];
    const isLast = !isList || pool.ended;
    const text = isLast
      ? finalWithout(outcome, claimed.run, settlement.attempts, nowMs, settlement.errcode)
      : record;
    const length = isList && isLast ? { length: from + pool.entries.length } : {};
    const change = { openId, record: { was: record, text }, ...length, edits };
    const { done } = await changeUsers(link, keys, { id: head[0], ttlMs: head[2] }, [change]);
    if (done[0]) {
      dropped += edits.length;
      if (isLast) return { settled: true, dropped };
      from += pool.entries.length - edits.length;
    } else {
      checkConflicts(openId, conflicts++);
      from = 0;
    }
  }
}
