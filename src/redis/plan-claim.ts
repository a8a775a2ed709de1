import type { FinalOutcome } from "../broadcast/outcome.ts";
import type { Choice, Policy } from "../broadcast/policy.ts";
import type { ClaimReply, Sighting } from "../broadcast/ports.ts";
import type { Found } from "../pool/find-code.ts";
import { chooseByPool, leftOut, looksIntoPools } from "./choose-user.ts";
import { describeFinal, describeSuppressed } from "./describe-final.ts";
import {
  type ClaimedRecord,
  type FinalRecord,
  finalWithout,
  readClaimed,
  readFinal,
  writeClaimed,
} from "./ledger-record.ts";
import type { PermissionRules } from "./permission-rules.ts";
import type { UserReading } from "./read-users.ts";
import {
  addFound,
  countLeft,
  describe,
  dropAndReadOn,
  NOTHING,
  NOTHING_BEHIND,
  type Progress,
  type Step,
  takeFound,
} from "./take-step.ts";

/** The run that claims, and how. */
export interface Claimant {
  run: string;
  dryRun: boolean;
  /** Runs whose claims may be taken over. */
  dead: ReadonlySet<string>;
  /** Final outcomes of other runs to try again: `unknown` with the same code, `failed` with a new one. */
  again: readonly FinalOutcome[];
  sighting: Sighting;
  /** Whom it may claim for; absent: everybody. */
  choice?: Choice | undefined;
  /** The users must not be messaged: nothing is claimed for them, and no outcome tried again. */
  areSuppressed?: boolean;
}

/** The claim of one user, whatever record there is. */
export function planClaim(by: Claimant, rules: PermissionRules, user: Progress, reading: UserReading): Step {
  const { openId } = user;
  const { record, fault } = reading;
  if (fault !== undefined) return { reply: { status: "wrong", openId, why: fault } };
  if (isElsewhere(by, user, reading)) return { reply: { status: "elsewhere", openId } };
  if (record === undefined) {
    return by.areSuppressed ? { reply: leftOut(openId, "suppressed") } : claimAnew(by, rules, user, reading);
  }
  const claimed = readClaimed(record);
  if (claimed) return planClaimed(by, rules, openId, reading, claimed);
  const final = readFinal(record);
  if (!final) {
    return { reply: { status: "wrong", openId, why: "the ledger holds a record that is not push-cli's" } };
  }
  return planFinal(by, rules, user, reading, final);
}

function planClaimed(
  by: Claimant,
  rules: PermissionRules,
  openId: string,
  reading: UserReading,
  claimed: ClaimedRecord,
): Step {
  const suppressed = by.areSuppressed ? { suppressed: true as const } : {};
  if (claimed.run === by.run) {
    const firstAgoMs = Math.max(0, reading.nowMs - claimed.atMs);
    return { reply: { status: "mine", ...describe(openId, claimed), firstAgoMs, ...NOTHING, ...suppressed } };
  }
  if (by.dead.has(claimed.run)) {
    const step = takeOver(by, rules, openId, reading, claimed);
    return { ...step, reply: { ...step.reply, ...suppressed } as ClaimReply };
  }
  return { reply: { status: "busy", openId, run: claimed.run, ...suppressed } };
}

function planFinal(
  by: Claimant,
  rules: PermissionRules,
  user: Progress,
  reading: UserReading,
  final: FinalRecord,
): Step {
  if (by.areSuppressed) return { reply: describeSuppressed(user.openId, final, by.run) };
  // A user who had no code left may have got a new one since.
  if (final.outcome === "no_code") return claimAnew(by, rules, user, reading, final);
  const own = final.run === by.run;
  if (own || !by.again.includes(final.outcome)) return { reply: describeFinal(user.openId, final, own) };
  if (final.outcome !== "unknown") return claimAnew(by, rules, user, reading, final);
  const { attempts: attempt, run, atMs, multiUse, standing, scene, expireMs, formId = "-" } = final;
  const use = { multiUse, standing, scene, expireMs, formId };
  const before = { run, attempt, atMs, ...use, k: 0, own: "", source: "" };
  const step = takeOver(by, rules, user.openId, reading, before);
  return { ...step, reply: { ...step.reply, retried: "unknown" } as ClaimReply };
}

/**
 * Same code, next attempt. The platform refuses a code that was used, so this can't deliver twice; with one that may bring
 * several messages, `broadcast/run.ts` does not send again.
 */
function takeOver(
  by: Claimant,
  rules: PermissionRules,
  openId: string,
  reading: UserReading,
  before: ClaimedRecord,
): Step {
  const claimed = { ...before, run: by.run, attempt: before.attempt + 1 };
  const firstAgoMs = Math.max(0, reading.nowMs - before.atMs);
  const reply = { status: "claimed" as const, ...describe(openId, claimed), firstAgoMs, ...NOTHING };
  if (by.dryRun) return countLeft(rules, reply, reading, 0, { index: 0, left: 0 });
  return {
    reply,
    change: { openId, record: { was: reading.record, text: writeClaimed(claimed) }, edits: [] },
  };
}

/** The claim of a user whom no record stands in the way of; `before`: what an earlier run came to, which is tried again. */
function claimAnew(
  by: Claimant,
  rules: PermissionRules,
  user: Progress,
  reading: UserReading,
  before?: FinalRecord,
): Step {
  // A user who was claimed before was chosen then.
  const policy = before && before.outcome !== "no_code" ? undefined : by.choice?.policy;
  if (policy && reading.leftOutBy) return { reply: leftOut(user.openId, reading.leftOutBy) };
  const step = claimByPool(by, rules, user, reading, policy, before);
  const asks = policy?.notIn !== undefined || policy?.caps !== undefined;
  return asks && step.change ? { ...step, change: { ...step.change, unlessLeftOut: true } } : step;
}

function claimByPool(
  by: Claimant,
  rules: PermissionRules,
  user: Progress,
  reading: UserReading,
  policy: Policy | undefined,
  before: FinalRecord | undefined,
): Step {
  const { openId } = user;
  const { kind } = reading.pool;
  if (rules.hasPools && kind !== "list") {
    return withRetry(before, {
      reply: { status: "wrong", openId, why: `the pool is a ${kind}, not a list` },
    });
  }
  const asks = looksIntoPools(policy) ? policy : undefined;
  const found = user.pending?.found ?? rules.find(reading.pool.entries, user.from, reading.nowMs);
  const sum = addFound(user, found);
  const { pick } = found;
  if (pick) {
    const verdict = asks
      ? chooseByPool(asks, rules, user, reading, { ...found, pick })
      : { take: NOTHING_BEHIND };
    if (!("take" in verdict)) return withRetry(before, verdict);
    return withRetry(before, takeFound(rules, by, sum, reading, { ...found, pick }, verdict.take));
  }
  if (!reading.pool.ended)
    return asks ? readOn(user, found, reading) : dropAndReadOn(rules, by.dryRun, user, reading);
  const { expired, unreadable } = sum;
  const reply: ClaimReply = {
    status: "no_code",
    openId,
    expired,
    refused: 0,
    ...(unreadable > 0 ? { unreadable } : {}),
  };
  return withRetry(before, { reply, ...(by.dryRun ? {} : noteEmptied(by, user, reading, found)) });
}

/** What is met on the way to a user who may be left out stays, and does not count. */
function readOn(user: Progress, { unreadable }: Found, { pool }: UserReading): Step {
  return {
    next: { ...user, unreadable: user.unreadable + unreadable, from: user.from + pool.entries.length },
  };
}

/** Drops what there is to drop of a pool without a valid code. */
function noteEmptied(
  by: Claimant,
  { openId, from }: Progress,
  reading: UserReading,
  found: Found,
): Pick<Step, "change"> {
  if (found.edits.length === 0) return {};
  const { record, nowMs } = reading;
  const length = from + reading.pool.entries.length;
  const removed = found.edits.filter(({ text }) => text === undefined).length;
  // The pool disappears with its last expired code, and no later sweep would find this user: the record keeps track of
  // them.
  const emptied = record === undefined && removed === length;
  const text = emptied ? finalWithout("no_code", by.run, 0, nowMs) : record;
  return { change: { openId, length, record: { was: record, text }, edits: found.edits } };
}

/** The reply to somebody whose outcome in an earlier run is tried again: says which that was. */
function withRetry(before: FinalRecord | undefined, step: Step): Step {
  const { reply } = step;
  if (!before || !reply) return step;
  if (reply.status === "claimed") {
    return {
      ...step,
      reply: {
        ...reply,
        retried: before.outcome as "failed" | "no_code",
        ...(before.outcome === "failed" && before.formId !== undefined && !before.standing
          ? { spentBefore: true }
          : {}),
      },
    };
  }
  if (before.outcome === "no_code") return step;
  // There is no other code to try it with, and so the outcome stays.
  const expired = reply.status === "no_code" ? reply.expired : 0;
  const stays = describeFinal(reply.openId, before, false);
  return { ...step, reply: expired > 0 ? { ...stays, expired } : stays };
}

/** Whether a user is to be met, or was met already, under the other one of the two keys. */
function isElsewhere(
  { sighting, run }: Claimant,
  { from }: Progress,
  { record, pool }: UserReading,
): boolean {
  if (sighting === "any") return false;
  // A user who ran out of codes and has a pool again is found by that pool, and limited, like one without a record.
  const hasPool = pool.kind === "list" && from + pool.entries.length > 0;
  const hasPoolAgain = record?.startsWith("no_code ") === true && hasPool;
  if (sighting === "ledger") return record === undefined || hasPoolAgain;
  // What this very run has written is either the same call again, its answer lost, or known to the caller.
  const isMine =
    record?.startsWith(`claimed ${run} `) || (record?.startsWith(`no_code ${run} 0 `) && !hasPool);
  return record !== undefined && !isMine && !hasPoolAgain;
}
