import type { Settlement } from "../broadcast/ports.ts";
import type { EntryEdit } from "../pool/find-code.ts";
import { changeUsers, type UserChange } from "./change-users.ts";
import { checkConflicts } from "./claim-users.ts";
import { writeFinal } from "./ledger-record.ts";
import type { RedisLink } from "./link.ts";
import type { PermissionRules } from "./permission-rules.ts";
import { type Book, readUsers, type UserReading } from "./read-users.ts";

/** What was taken was at or near the head of its pool, and is there again. */
const NEAR_HEAD = 16;

/**
 * Enters outcomes of messages whose claims a failover or a crash of Redis has undone: a record is made where there is none, and
 * the permission, which is back in its pool, is taken out again where an entry holds nothing else. Returns for each whether
 * that is done; false when there is a record by now, or nothing is known of the permission.
 */
export async function settleLost(
  link: RedisLink,
  { keys, head, rules }: Book,
  settlements: readonly Settlement[],
): Promise<boolean[]> {
  const [id, run, ttlMs] = head;
  const settled = settlements.map(() => false);
  let open = [...settlements.keys()].filter((i) => settlements[i]!.permission);
  for (let round = 0; open.length > 0; round++) {
    const users = open.map((i) => settlements[i]!);
    const readings = await readUsers(link, { keys, head, rules }, users, NEAR_HEAD);
    const entering = open.flatMap((i, n) => {
      const change = enter(rules, run, settlements[i]!, readings[n]!);
      return change ? [{ i, change }] : [];
    });
    const { done } = await changeUsers(
      link,
      keys,
      { id, ttlMs },
      entering.map(({ change }) => change),
    );
    for (const [n, { i }] of entering.entries()) settled[i] = done[n] === true;
    open = entering.flatMap(({ i }) => (settled[i] ? [] : [i]));
    for (const i of open) checkConflicts(settlements[i]!.openId, round);
  }
  return settled;
}

/** Undefined when there is a record, or the key is no ledger. */
function enter(
  rules: PermissionRules,
  run: string,
  { openId, outcome, attempts, errcode, msgid, permission }: Settlement,
  { record, fault, pool, nowMs }: UserReading,
): UserChange | undefined {
  if (!permission || record !== undefined || fault !== undefined) return undefined;
  const text = writeFinal({ outcome, run, attempts, atMs: nowMs, errcode, msgid, ...permission });
  const edits = pool.kind === "list" ? findEntry(rules, pool.entries, nowMs, permission.formId) : [];
  return { openId, record: { was: undefined, text }, edits };
}

/** The edit that takes out the entry with this permission and nothing else. */
function findEntry(
  rules: PermissionRules,
  entries: readonly (string | undefined)[],
  nowMs: number,
  formId: string,
): EntryEdit[] {
  for (const [i, bytes] of entries.entries()) {
    const { pick, edits } = rules.find([bytes], i, nowMs);
    if (pick?.code.formId === formId) return edits.filter(({ text }) => text === undefined);
  }
  return [];
}
