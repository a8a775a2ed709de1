import type { Errcode, Ledger } from "../broadcast/ports.ts";
import { changeUsers } from "./change-users.ts";
import { begin, checkConflicts } from "./claim-users.ts";
import { type ClaimedRecord, finalWithout, readClaimed, readFinal } from "./ledger-record.ts";
import type { RedisLink } from "./link.ts";
import type { PermissionRules } from "./permission-rules.ts";
import { type Book, readUsers, type UserReading } from "./read-users.ts";
import { addFound, describe, dropAndReadOn, NOTHING, type Progress, takeFound } from "./take-step.ts";

/** The result of `Ledger.next`. */
type NextReply = Awaited<ReturnType<Ledger["next"]>>;

/** A claimed code that the platform has refused. */
interface Refusal {
  openId: string;
  formId: string;
  errcode: Errcode | undefined;
}

/** Entries of a pool to read per round. */
const READ_COUNTS = [16, 128, 512];

/** Drops a refused code and claims the user's next one in the same record. */
export async function nextCode(
  link: RedisLink,
  { keys, head, rules }: Book,
  refusal: Refusal,
): Promise<NextReply> {
  let progress = begin(refusal.openId);
  let conflicts = 0;
  for (let round = 0; ; round++) {
    const count = READ_COUNTS[round] ?? READ_COUNTS.at(-1)!;
    const [reading] = await readUsers(link, { keys, head, rules }, [progress], count);
    const claimed = reading!.record === undefined ? undefined : readClaimed(reading!.record);
    if (claimed?.run !== head[1] || claimed.formId !== refusal.formId) {
      return knownBefore(refusal.openId, head[1], reading!, claimed);
    }
    const step = planNext(rules, head[1], refusal, claimed, progress, reading!);
    const { done } = await changeUsers(
      link,
      keys,
      { id: head[0], ttlMs: head[2] },
      step.change ? [step.change] : [],
    );
    if (done[0] === false) {
      checkConflicts(refusal.openId, conflicts++);
      progress = { ...progress, from: 0 };
    } else if (step.reply) {
      return step.reply as NextReply;
    } else {
      progress = step.next!;
    }
  }
}

/** The answer when the record is not a claim with the refused code. */
function knownBefore(
  openId: string,
  run: string,
  { record = "" }: UserReading,
  claimed: ClaimedRecord | undefined,
): NextReply {
  // The same call again after its reply was lost: the record already has the next code, or there was none.
  if (claimed?.run === run) return { status: "claimed", ...describe(openId, claimed), ...NOTHING };
  const final = readFinal(record);
  return final?.run === run && final.outcome === "no_code"
    ? { status: "no_code", openId, ...NOTHING }
    : undefined;
}

function planNext(
  rules: PermissionRules,
  run: string,
  { openId, formId, errcode }: Refusal,
  claimed: ClaimedRecord,
  progress: Progress,
  reading: UserReading,
) {
  const { pool, record, nowMs } = reading;
  const found = rules.find(pool.entries, progress.from, nowMs, formId);
  const sum = addFound(progress, found);
  const { pick, edits } = found;
  if (pick) return takeFound(rules, { run, dryRun: false }, sum, reading, { ...found, pick });
  if (pool.kind === "list" && !pool.ended) return dropAndReadOn(rules, false, progress, reading, formId);
  const text = finalWithout("no_code", run, claimed.attempt, nowMs, errcode);
  const { expired, refused } = sum;
  return {
    reply: { status: "no_code" as const, openId, expired, refused },
    change: {
      openId,
      record: { was: record, text },
      // A key that is not a list has no codes, and no length.
      ...(pool.kind === "list" ? { length: progress.from + pool.entries.length } : {}),
      edits,
    },
  };
}
