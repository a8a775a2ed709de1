import type { Settlement } from "../broadcast/ports.ts";
import type { EntryEdit } from "../pool/find-code.ts";
import { changeUsers, type UserChange } from "./change-users.ts";
import { checkConflicts } from "./claim-users.ts";
import { readClaimed, readFinal, writeFinal } from "./ledger-record.ts";
import type { RedisLink } from "./link.ts";
import type { PermissionRules } from "./permission-rules.ts";
import type { Claimant } from "./plan-claim.ts";
import { type Book, readUsers, type UserReading } from "./read-users.ts";

/** What was taken was at or near the head of its pool, and is there again. */
const NEAR_HEAD = 16;

/**
 * Enters outcomes of messages whose claims a failover or a crash of Redis has undone, in the place of what was there before the
 * claim: nothing, or a record that it replaced. The permission, which is back in its pool, is taken out again where an entry holds
 * nothing else. Returns for each whether that is done; false when another run has the user.
 */
export async function settleLost(
  link: RedisLink,
  { keys, head, rules }: Book,
  by: Pick<Claimant, "run" | "dead" | "again">,
  settlements: readonly Settlement[],
): Promise<boolean[]> {
  const [id, , ttlMs] = head;
  const settled = settlements.map(() => false);
  let open = [...settlements.keys()];
  for (let conflicts = 0; open.length > 0; ) {
    const users = open.map((i) => settlements[i]!);
    const readings = await readUsers(link, { keys, head, rules }, users, NEAR_HEAD);
    const entering = open.flatMap((i, n) => {
      const change = enter(rules, by, settlements[i]!, readings[n]!);
      return change ? [{ i, change }] : [];
    });
    const unread = open.filter((_, n) => readings[n]!.pool.kind === "later");
    const changes = entering.map(({ change }) => change);
    const { done } = await changeUsers(link, keys, { id, ttlMs }, changes);
    for (const [n, { i }] of entering.entries()) settled[i] = done[n] === true;
    const changed = entering.filter(({ i }) => !settled[i]).map(({ i }) => i);
    if (changed.length > 0) checkConflicts(settlements[changed[0]!]!.openId, conflicts++);
    open = [...unread, ...changed];
  }
  return settled;
}

/** Undefined when nothing is to be done, or the pool was not read yet. */
function enter(
  rules: PermissionRules,
  by: Pick<Claimant, "run" | "dead" | "again">,
  { openId, outcome, attempts, errcode, msgid, permission }: Settlement,
  { record, fault, pool, nowMs }: UserReading,
): UserChange | undefined {
  if (!permission || fault !== undefined || pool.kind === "later") return undefined;
  if (record !== undefined && !mayHaveReplaced(by, record, permission.formId)) return undefined;
  const text = writeFinal({ outcome, run: by.run, attempts, atMs: nowMs, errcode, msgid, ...permission });
  const edits = pool.kind === "list" ? findEntry(rules, pool.entries, nowMs, permission.formId) : [];
  return { openId, record: { was: record, text }, edits };
}

/** Whether a claim of this run with this permission may have replaced the record: see `planClaim`. */
function mayHaveReplaced(
  { run, dead, again }: Pick<Claimant, "run" | "dead" | "again">,
  record: string,
  formId: string,
): boolean {
  const claimed = readClaimed(record);
  if (claimed) return dead.has(claimed.run) && claimed.formId === formId;
  const final = readFinal(record);
  return (
    final?.outcome === "no_code" ||
    (final !== undefined && final.run !== run && again.includes(final.outcome))
  );
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
