import { toCanaryDocument } from "./canary.ts";
import { OUTCOMES, sumOutcomes, sumWithheld, type VariantCounts } from "./outcome.ts";
import { notedSends, ratePerSecond, workedMs } from "./pace.ts";
import { mergeFiltered, type Withheld } from "./policy.ts";
import type { BroadcastRecord, BroadcastResult, RunInfo, RunState } from "./record.ts";
import type { Recount } from "./recount.ts";
import type { Run } from "./run.ts";
import { toScheduleDocument } from "./schedule.ts";
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
import { sumVariants, totalVariants, toVariantResults } from "./variant-totals.ts";

/** What the result is made from, besides the run itself. */
export interface SummaryNeeds {
  record: BroadcastRecord;
  info: RunInfo;
  otherRuns: readonly (RunInfo & RunState)[];
  /** Present when other runs did work that this one has not seen. */
  recount?: Recount | undefined;
  nowMs: number;
  /** How long this run has been working, ms. */
  elapsedMs: number;
}

/** The result document of the whole broadcast, including what other runs did. */
export function summarize(
  run: Run,
  { record, info, otherRuns, recount, nowMs, elapsedMs }: SummaryNeeds,
): BroadcastResult {
  const { tally, stopReason } = run;
  const { settled } = recount ?? {};
  const variants = totalVariants(run, { record, otherRuns, recount });
  const { spent, ...known } = countsOf(run, otherRuns, variants);
  const invalid = record.invalid ?? 0;
  const outcomes = { ...known.outcomes, ...settled?.outcomes, invalid };
  // Users who have a code now had none when they were claimed.
  outcomes.no_code += recount?.again ?? 0;
  const codes = addCodes(tally.codes, { spent: spent - tally.codes.spent }, otherRuns);
  // A run that swept the whole audience has met everybody that the policy leaves out now.
  const hasMetAll = !stopReason && record.recipients === undefined;
  Object.assign(outcomes, hasMetAll ? recount?.withheld : knownWithheld(record, [tally, ...otherRuns]));
  const { sent, rejected, failed, unknown } = outcomes;
  // A finished broadcast that is retried keeps its number of recipients; those without a code are not visited again.
  if (record.recipients !== undefined && !stopReason)
    outcomes.no_code = Math.max(
      0,
      record.recipients - sent - rejected - failed - unknown - invalid - sumWithheld(outcomes),
    );
  const status = stopReason?.status ?? "finished";
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
    ...(variants && record.message.variants
      ? { variants: toVariantResults(record.message.variants, variants) }
      : {}),
    ...(filtered ? { filtered } : {}),
    ...(record.canary ? { canary: toCanaryDocument(record.canary, outcomes) } : {}),
    codes: settled ? { ...codes, spent: settled.spent + sumOverwritten([tally, ...otherRuns]) } : codes,
    errors: addErrors(tally.errors, otherRuns),
    outages: addOutages([{ outages: run.breaker.outages }, ...otherRuns]),
    open: recount?.open ?? run.inHand.size,
    ...(record.schedule ? { schedule: toScheduleDocument(record.schedule) } : {}),
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
 * From how many the message is withheld, as far as a run knows that has not met everybody: what a complete sweep has found, or
 * else the most that any run has met, because each meets the same users again.
 */
function knownWithheld(
  { recipients, result }: BroadcastRecord,
  runs: readonly Pick<RunState, "outcomes">[],
): Record<Withheld, number> {
  const sources = recipients !== undefined && result ? [result] : runs;
  const most = (name: Withheld) => Math.max(...sources.map(({ outcomes }) => outcomes?.[name] ?? 0));
  return { suppressed: most("suppressed"), held_out: most("held_out"), capped: most("capped") };
}

/**
 * The counts of the whole broadcast. A run that swept the whole audience has met all that other runs settled. One that
 * stopped earlier has not, so what those runs recorded counts as well.
 */
function countsOf(
  { tally, earlier, stopReason }: Run,
  otherRuns: readonly RunState[],
  variants: readonly VariantCounts[] | undefined,
) {
  const all = [...otherRuns, tally];
  const met = {
    outcomes: addOutcomes(tally.outcomes, earlier),
    spent: tally.codes.spent + earlier.spent + sumOverwritten(all),
  };
  const noted = stopReason ? sumOutcomesOfRuns(all) : null;
  if (!noted) return met;
  const outcomes = { ...met.outcomes };
  // Both are lower bounds: the sweep was incomplete, and a killed run is known as of its last beat.
  for (const name of OUTCOMES) outcomes[name] = Math.max(outcomes[name], noted[name]);
  if (variants) Object.assign(outcomes, sumVariants(variants));
  outcomes.skipped = sumOutcomes(outcomes) - tally.recipients;
  return { outcomes, spent: Math.max(met.spent, sumSpentOfRuns(all)) };
}
