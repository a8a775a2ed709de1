import type { BroadcastDeps, RunPlan } from "./deps.ts";
import { loadChoice } from "./keep-audience.ts";
import { sumWithheld } from "./outcome.ts";
import { sumFiltered } from "./policy.ts";
import type { BroadcastRecord, BroadcastResult, RunExit, RunInfo, Wanted } from "./record.ts";
import { type Recount, recountBroadcast } from "./recount.ts";
import { buryGoneRuns } from "./rivals.ts";
import type { Run } from "./run.ts";
import { type StopReason, stopReasonOf } from "./stop.ts";
import { summarize } from "./summarize.ts";
import type { Sweeps } from "./sweep.ts";

/** What a run hands over when it ends. */
interface Seen {
  info: RunInfo;
  plan: RunPlan;
  sweeps: Sweeps;
  /** Runs that were surely over when this one began. */
  over: ReadonlySet<string>;
  elapsedMs(): number;
  /** It never began: it was stopped while it waited for the time of a scheduled broadcast. */
  isWaiting: boolean;
}

/**
 * Sums up and writes the result into the record, unless other runs are still working: then the last of them does. The
 * record is left alone when Redis failed, and when this run was fenced off.
 */
export async function conclude(
  deps: BroadcastDeps,
  record: BroadcastRecord,
  run: Run,
  seen: Seen,
): Promise<BroadcastResult> {
  if (seen.isWaiting) return concludeWaiting(deps, record, run, seen);
  if (willConclude(run)) {
    try {
      return await concludeRecord(deps, record, run, seen);
    } catch (error) {
      // This run's own counts are still reported. Its own reason to stop, if it had one, stays the reason.
      run.stop(stopReasonOf(error));
    }
  }
  const { info, plan, elapsedMs } = seen;
  const now = { nowMs: deps.clock.now(), elapsedMs: elapsedMs() };
  return summarize(run, { record, info, otherRuns: plan.earlierRuns, ...now });
}

/** Unless an operator has paused or cancelled it, the broadcast stays scheduled: another process can take over. */
async function concludeWaiting(
  { store, clock }: BroadcastDeps,
  record: BroadcastRecord,
  run: Run,
  { info, plan }: Seen,
): Promise<BroadcastResult> {
  const times = { nowMs: clock.now(), elapsedMs: 0 };
  const result = summarize(run, { record, info, otherRuns: plan.earlierRuns, ...times });
  const { status, exit } = run.stopReason ?? {};
  if (status === "paused" || status === "cancelled") {
    const { reason } = result;
    const now = await store.load(record.id);
    // Without this request, somebody has resumed it since, or wants something else.
    if (now?.wanted && wantedStop(now.wanted).status === status)
      await store.move(now, { status, reason, exit, finishedAtMs: undefined, result });
    return result;
  }
  if (!willConclude(run)) return result;
  const { reason: _, ...rest } = result;
  return { ...rest, status: "scheduled" };
}

/** Whether this run writes the end into the record. */
export function willConclude({ stopReason }: Pick<Run, "stopReason">): boolean {
  return stopReason?.exit !== "redis" && stopReason?.exit !== "locked" && !stopReason?.isRecordGone;
}

async function concludeRecord(
  deps: BroadcastDeps,
  record: BroadcastRecord,
  run: Run,
  { info, sweeps, over, elapsedMs }: Seen,
): Promise<BroadcastResult> {
  const { store, clock } = deps;
  const { id } = record;
  const otherRuns = (await buryGoneRuns(deps, id)).filter(({ runId }) => runId !== info.runId);
  // Runs that worked at the same time, or may have, did things that this one has not seen.
  const hasCompany = !run.stopReason && otherRuns.some(({ runId }) => !over.has(runId));
  const recount = hasCompany ? await recountAll(deps, record, sweeps) : undefined;
  const now = { nowMs: clock.now(), elapsedMs: elapsedMs() };
  const result = summarize(run, { record, info, otherRuns, recount, ...now });
  if (otherRuns.some(({ alive }) => alive)) return result;
  const { reason, recipients, variants, finishedAt } = result;
  const isFinished = !run.stopReason;
  const variantRecipients = variants?.map((variant) => variant.recipients);
  const cut = isCut(run, record, await store.load(id));
  // A run that has come since goes on with it, perhaps with another limit: its end is the one that counts.
  const isEnd = await store.end(
    id,
    [info, ...otherRuns].map(({ runId }) => runId),
    {
      status: run.stopReason?.status ?? "finished",
      reason,
      exit: exitOf(run, result),
      resumeWith: run.stopReason?.resumeWith,
      finishedAtMs: finishedAt === null ? undefined : Date.parse(finishedAt),
      result,
      // A pause or cancel request stays until the next run begins: a frozen run may not have seen it yet.
      ...(isFinished ? { wanted: undefined, recipients, variantRecipients, cut: cut || undefined } : {}),
    },
  );
  if (isEnd && isFinished && !cut && !hasRetries(record, result)) await dropLists(store, record);
  return result;
}

async function recountAll(deps: BroadcastDeps, record: BroadcastRecord, sweeps: Sweeps): Promise<Recount> {
  const choice = await loadChoice(deps.store, record);
  const ledger = deps.openLedger({ broadcastId: record.id, runId: "recount", dryRun: true, choice });
  // Everybody has been sent to: the end is written, however often the sweep is cut.
  return recountBroadcast(ledger, record, sweeps, { mostSweeps: Number.POSITIVE_INFINITY });
}

/** Later runs only retry recipients that were chosen already, so the policy's list is no longer needed. */
async function dropLists(store: BroadcastDeps["store"], record: BroadcastRecord): Promise<void> {
  await store.dropAudience(record);
  await store.dropExcluded(record);
}

/** Whether there are users to retry whose messages need their rows. */
function hasRetries({ message }: BroadcastRecord, { outcomes }: BroadcastResult): boolean {
  return message.columns !== undefined && outcomes.failed + outcomes.unknown > 0;
}

/**
 * Whether the limit left somebody out, so that a higher one may have more to do and the audience must be kept. A run
 * that only retried some has not checked. `now`: another run may have been allowed beyond the limit meanwhile.
 */
function isCut(
  { stopReason, options: { limit }, claims }: Run,
  before: BroadcastRecord,
  now: BroadcastRecord | undefined,
): boolean {
  if (stopReason || now?.limit === undefined) return false;
  if (before.recipients !== undefined) return before.cut === true;
  return limit !== undefined && claims >= limit;
}

/** Names the exit code that a run ends with. */
export function exitOf({ stopReason }: Pick<Run, "stopReason">, result: BroadcastResult): RunExit {
  if (stopReason) return stopReason.exit;
  const { outcomes, open } = result;
  if (isNobodyReachable(result)) return "nothing";
  return outcomes.failed + outcomes.unknown + outcomes.invalid + open > 0 ? "partial" : "done";
}

/**
 * Whether nobody in the audience had a code or passed the filters: rarely intended, often a list that does not hold
 * openIds.
 */
export function isNobodyReachable({
  outcomes,
  recipients,
  filtered,
}: Pick<BroadcastResult, "outcomes" | "recipients" | "filtered">): boolean {
  const { no_code, invalid } = outcomes;
  const excluded = sumWithheld(outcomes) + sumFiltered(filtered);
  return no_code + excluded > 0 && no_code + invalid + sumWithheld(outcomes) === recipients;
}

export function fenced(host: string, pid: number): StopReason {
  return {
    status: "stopped",
    exit: "locked",
    message: `this run's heartbeat lapsed, and a run on ${host} (pid ${pid}) took over the broadcast`,
  };
}

/** Requested by `broadcast pause` or `broadcast cancel`, or the record is gone. */
export function wantedStop(wanted: Wanted | "gone"): StopReason {
  if (wanted === "gone") {
    const message = "the record of the broadcast is gone from Redis";
    const hint = "it was deleted, or Redis lost its data";
    return { status: "stopped", exit: "redis", message, hint, isRecordGone: true };
  }
  const status = wanted.action === "pause" ? "paused" : "cancelled";
  return { status, exit: "stopped", message: `${status} by ${wanted.by}` };
}
