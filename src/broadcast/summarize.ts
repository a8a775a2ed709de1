import { OUTCOMES, sumOutcomes } from "./outcome.ts";
import { notedSends, ratePerSecond, workedMs } from "./pace.ts";
import { mergeFiltered } from "./policy.ts";
import type { BroadcastRecord, BroadcastResult, RunInfo, RunState } from "./record.ts";
import type { Recount } from "./recount.ts";
import type { Run } from "./run.ts";
import { countToGo } from "./to-go.ts";
import {
  addCodes,
  addErrors,
  addOutages,
  addOutcomes,
  sumOutcomesOfRuns,
  sumOverwritten,
  sumSpentOfRuns,
} from "./totals.ts";

/** What a run's result is made of, besides the run itself. */
export interface SummaryNeeds {
  record: BroadcastRecord;
  info: RunInfo;
  otherRuns: readonly (RunInfo & RunState)[];
  /** When other runs did what this one has not seen. */
  recount?: Recount | undefined;
  nowMs: number;
  /** How long this run has been at work. */
  elapsedMs: number;
}

/** The result document: the whole broadcast's, what other runs did included. */
export function summarize(
  run: Run,
  { record, info, otherRuns, recount, nowMs, elapsedMs }: SummaryNeeds,
): BroadcastResult {
  const { tally, stopReason } = run;
  const { settled } = recount ?? {};
  const { spent, ...known } = countsOf(run, otherRuns);
  const invalid = record.invalid ?? 0;
  const outcomes = { ...known.outcomes, ...settled?.outcomes, invalid };
  // Whoever has got a code since had none when it was looked for.
  outcomes.no_code += recount?.again ?? 0;
  const codes = addCodes(tally.codes, { spent: spent - tally.codes.spent }, otherRuns);
  const { sent, rejected, failed, unknown } = outcomes;
  // Tried again after its end, a broadcast still has the recipients that it had; those without a code are not looked for.
  if (record.recipients !== undefined && !stopReason)
    outcomes.no_code = Math.max(0, record.recipients - sent - rejected - failed - unknown - invalid);
  const status = stopReason?.status ?? "finished";
  // Who has been through the whole audience has met all whom it leaves out as things are now.
  const hasMetAll = !stopReason && record.recipients === undefined;
  const noted = hasMetAll ? [] : otherRuns.map((other) => other.filtered);
  const filtered = mergeFiltered(record.policy, [tally.filtered, ...noted]);
  const own = { sinceMs: info.sinceMs, untilMs: nowMs, elapsedMs };
  const notedSent = notedSends(otherRuns);
  const [durationMs, ownMs] = [workedMs([...otherRuns, own]), workedMs([own])];
  return {
    broadcastId: record.id,
    status,
    ...(stopReason ? { reason: stopReason.message } : {}),
    templateId: record.message.templateId,
    recipients: sumOutcomes(outcomes),
    toGo: countToGo(record, status, outcomes, filtered),
    outcomes,
    ...(filtered ? { filtered } : {}),
    codes: settled ? { ...codes, spent: settled.spent + sumOverwritten([tally, ...otherRuns]) } : codes,
    errors: addErrors(tally.errors, otherRuns),
    outages: addOutages([{ outages: run.breaker.outages }, ...otherRuns]),
    open: recount?.open ?? run.inHand.size,
    startedAt: new Date(record.startedAtMs).toISOString(),
    finishedAt: status === "finished" ? new Date(nowMs).toISOString() : null,
    durationMs,
    sentPerSecond: ratePerSecond(
      notedSent === undefined ? sent : notedSent + tally.outcomes.sent,
      durationMs,
    ),
    run: {
      runId: info.runId,
      sent: tally.outcomes.sent,
      durationMs: ownMs,
      sentPerSecond: ratePerSecond(tally.outcomes.sent, ownMs),
    },
  };
}

/**
 * What is known of the whole broadcast. A run that has been through the audience has met all that other runs settled.
 * One that stopped before has not: what those runs noted of themselves counts as well then.
 */
function countsOf({ tally, earlier, stopReason }: Run, otherRuns: readonly RunState[]) {
  const all = [...otherRuns, tally];
  const met = {
    outcomes: addOutcomes(tally.outcomes, earlier),
    spent: tally.codes.spent + earlier.spent + sumOverwritten(all),
  };
  const noted = stopReason ? sumOutcomesOfRuns(all) : null;
  if (!noted) return met;
  const outcomes = { ...met.outcomes };
  // Neither can be more than there is: a sweep has not met all yet, and of a killed run the last beat is known.
  for (const name of OUTCOMES) outcomes[name] = Math.max(outcomes[name], noted[name]);
  outcomes.skipped = sumOutcomes(outcomes) - tally.recipients;
  return { outcomes, spent: Math.max(met.spent, sumSpentOfRuns(all)) };
}
