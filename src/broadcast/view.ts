import { toCanaryDocument } from "./canary.ts";
import {
  noCodes,
  noOutcomes,
  type Outcome,
  type ShownStatus,
  sumOutcomes,
  type VariantCounts,
} from "./outcome.ts";
import { notedSends, ratePerSecond, workedMs } from "./pace.ts";
import { type Filtered, mergeFiltered, WITHHELD } from "./policy.ts";
import type { BroadcastRecord, BroadcastResult, KnownRun } from "./record.ts";
import type { Recount } from "./recount.ts";
import { toScheduleDocument } from "./schedule.ts";
import { statusOf } from "./status.ts";
import { countToGo } from "./to-go.ts";
import {
  addCodes,
  addErrors,
  addOutages,
  sumOutcomesOfRuns,
  sumOverwritten,
  sumSpentOfRuns,
  sumVariantsOfRuns,
} from "./totals.ts";
import { toVariantResults } from "./variant-totals.ts";

/** A result some of whose figures may be unknown: then null, never a guess. */
export type ShownResult = Omit<BroadcastResult, "recipients" | "outcomes" | "open" | "run"> & {
  recipients: number | null;
  outcomes: Record<Outcome, number> | null;
  open: number | null;
  /** When a run was last seen, ISO 8601; null before the first. */
  lastSeenAt: string | null;
};

/** The present state of a broadcast. */
export interface BroadcastView {
  record: BroadcastRecord;
  runs: readonly KnownRun[];
  status: ShownStatus;
  result: ShownResult;
  /** The source of the counts: the end of the last run, the heartbeats of the runs, or the ledgers. */
  counted: "result" | "heartbeats" | "ledgers";
}

/** Combines the record, the heartbeats and, if counted, the ledgers. */
export function viewBroadcast(
  record: BroadcastRecord,
  known: readonly KnownRun[],
  recount?: Recount,
): BroadcastView {
  // Once the record has a result, no run is about to write it.
  const runs = record.status === "running" ? known : known.map((run) => ({ ...run, concluding: false }));
  const status = statusOf(record, runs);
  const isOver = status !== "scheduled" && status !== "running" && status !== "dead";
  const counts = isOver && record.result ? ownCounts(record.result, status, runs) : sumRuns(record, runs);
  const counted = recount ? recounted(counts, record, runs, recount) : counts;
  const durationMs = workedMs(runs);
  const outcomes = counted.outcomes && { ...counted.outcomes, invalid: record.invalid ?? 0 };
  const lastMs = Math.max(...runs.map(({ untilMs }) => untilMs));
  const ended = isOver ? record.result?.filtered : undefined;
  const filtered =
    ended ??
    mergeFiltered(
      record.policy,
      runs.map((run) => run.filtered),
    );
  const result: ShownResult = {
    broadcastId: record.id,
    status,
    ...(record.reason && status !== "running" ? { reason: record.reason } : {}),
    templateId: record.message.templateId,
    recipients: outcomes && sumOutcomes(outcomes),
    toGo: toGoOf(record, { status, outcomes, filtered }, recount),
    ...counted,
    outcomes,
    ...(filtered ? { filtered } : {}),
    ...(record.canary ? { canary: toCanaryDocument(record.canary, outcomes) } : {}),
    outages: addOutages(runs),
    ...(record.schedule ? { schedule: toScheduleDocument(record.schedule) } : {}),
    startedAt: new Date(record.startedAtMs).toISOString(),
    finishedAt:
      isOver && record.finishedAtMs !== undefined ? new Date(record.finishedAtMs).toISOString() : null,
    durationMs,
    sentPerSecond: outcomes && ratePerSecond(notedSends(runs) ?? outcomes.sent, durationMs),
    lastSeenAt: runs.length === 0 ? null : new Date(lastMs).toISOString(),
  };
  const source = isOver && record.result ? "result" : "heartbeats";
  return { record, runs, status, result, counted: recount ? "ledgers" : source };
}

type Counts = Pick<ShownResult, "outcomes" | "variants" | "codes" | "errors" | "open">;

/** A run knows only its own open claims, so with several runs the total is unknown. */
function ownCounts(
  { outcomes, variants, codes, errors, open }: BroadcastResult,
  status: ShownStatus,
  runs: readonly KnownRun[],
): Counts {
  const isKnown = status === "finished" || runs.length < 2;
  // A result of an older version has fewer outcomes.
  const known = { ...noOutcomes(), ...outcomes };
  return { outcomes: known, ...(variants ? { variants } : {}), codes, errors, open: isKnown ? open : null };
}

/**
 * The counts of all runs together, as of their last beats. They lack what a killed run did after its last beat; how
 * many claims it left open is unknown.
 */
function sumRuns({ message }: BroadcastRecord, runs: readonly KnownRun[]): Counts {
  const alive = runs.filter((run) => run.alive);
  return {
    outcomes: sumOutcomesOfRuns(runs),
    ...variantsOf(message, sumVariantsOfRuns(runs)),
    codes: addCodes(noCodes(), { spent: sumSpentOfRuns(runs) }, runs),
    errors: addErrors([], runs),
    open: alive.length === 0 ? null : alive.reduce((sum, { open = 0 }) => sum + open, 0),
  };
}

/** Replaces counts by those of the ledgers, where they have them. */
function recounted(
  counts: Counts,
  record: BroadcastRecord,
  runs: readonly KnownRun[],
  { settled, open, withheld }: Recount,
): Counts {
  const outcomes = { ...noOutcomes(), ...settled.outcomes, ...withheld };
  // Users who never had a code have no record; once the broadcast is finished, only its result counts them.
  if (record.status === "finished" && record.result) {
    outcomes.no_code = record.result.outcomes.no_code;
    for (const name of WITHHELD) outcomes[name] = record.result.outcomes[name] ?? 0;
  }
  const ended = record.status === "finished" ? record.result?.variants : undefined;
  const byVariant = settled.byVariant?.outcomes.map((found, place) => {
    return { ...found, no_code: ended?.[place]?.outcomes.no_code ?? found.no_code };
  });
  return {
    ...counts,
    outcomes,
    ...variantsOf(record.message, byVariant),
    codes: addCodes(noCodes(), { spent: settled.spent + sumOverwritten(runs) }, runs),
    open,
  };
}

function variantsOf(
  { variants }: BroadcastRecord["message"],
  counts: readonly VariantCounts[] = [],
): Pick<ShownResult, "variants"> {
  return variants ? { variants: toVariantResults(variants, counts) } : {};
}

function toGoOf(
  record: BroadcastRecord,
  {
    status,
    outcomes,
    filtered,
  }: Pick<ShownResult, "status" | "outcomes"> & { filtered: Filtered | undefined },
  recount: Recount | undefined,
): number | null {
  if (recount && status !== "finished") {
    const { sent, rejected, failed, unknown } = recount.settled.outcomes;
    const left = recount.left + recount.again + recount.open;
    return Math.min(
      left,
      Math.max(0, (record.limit ?? Number.POSITIVE_INFINITY) - sent - rejected - failed - unknown),
    );
  }
  return outcomes === null && status !== "finished"
    ? null
    : countToGo(record, status, outcomes ?? noOutcomes(), filtered);
}
