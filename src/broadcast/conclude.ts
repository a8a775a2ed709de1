import type { BroadcastDeps, RunPlan } from "./deps.ts";
import { loadChoice } from "./keep-audience.ts";
import { sumFiltered } from "./policy.ts";
import type { BroadcastRecord, BroadcastResult, RunExit, RunInfo, Wanted } from "./record.ts";
import { type Recount, recountBroadcast } from "./recount.ts";
import { buryGoneRuns } from "./rivals.ts";
import type { Run } from "./run.ts";
import { type StopReason, stopReasonOf } from "./stop.ts";
import { summarize } from "./summarize.ts";
import type { Sweeps } from "./sweep.ts";

/** What a run leaves behind for its end. */
interface Seen {
  info: RunInfo;
  plan: RunPlan;
  sweeps: Sweeps;
  /** Runs that were surely over when this one began. */
  over: ReadonlySet<string>;
  elapsedMs(): number;
}

/**
 * Sums up, and writes the result into the record, unless other runs are still at it: then that is theirs to do. The
 * record stays as it is when Redis is what failed, and when it is another run's because this one was fenced off.
 */
export async function conclude(
  deps: BroadcastDeps,
  record: BroadcastRecord,
  run: Run,
  seen: Seen,
): Promise<BroadcastResult> {
  if (willConclude(run)) {
    try {
      return await concludeRecord(deps, record, run, seen);
    } catch (error) {
      // What this run did is worth telling all the same. Its own reason to stop, if it had one, stays the reason.
      run.stop(stopReasonOf(error));
    }
  }
  const { info, plan, elapsedMs } = seen;
  const now = { nowMs: deps.clock.now(), elapsedMs: elapsedMs() };
  return summarize(run, { record, info, otherRuns: plan.earlierRuns, ...now });
}

/** Whether the end is this run's to write. */
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
  // Runs that worked beside this one, or may have, did what it has not seen.
  const hasCompany = !run.stopReason && otherRuns.some(({ runId }) => !over.has(runId));
  const recount = hasCompany ? await recountAll(deps, record, sweeps) : undefined;
  const now = { nowMs: clock.now(), elapsedMs: elapsedMs() };
  const result = summarize(run, { record, info, otherRuns, recount, ...now });
  if (otherRuns.some(({ alive }) => alive)) return result;
  const { reason, recipients, finishedAt } = result;
  const isFinished = !run.stopReason;
  const cut = isCut(run, record, await store.load(id));
  await store.update(id, {
    status: run.stopReason?.status ?? "finished",
    reason,
    exit: exitOf(run, result),
    resumeWith: run.stopReason?.resumeWith,
    finishedAtMs: finishedAt === null ? undefined : Date.parse(finishedAt),
    result,
    // What was wanted holds until a run begins: there may be a frozen one, which has yet to see it.
    ...(isFinished ? { wanted: undefined, recipients, cut: cut || undefined } : {}),
  });
  if (isFinished && !cut && !hasRetries(record, result)) await dropLists(store, record);
  return result;
}

async function recountAll(deps: BroadcastDeps, record: BroadcastRecord, sweeps: Sweeps): Promise<Recount> {
  const choice = await loadChoice(deps.store, record);
  const ledger = deps.openLedger({ broadcastId: record.id, runId: "recount", dryRun: true, choice });
  return recountBroadcast(ledger, record, sweeps);
}

/** Who is tried again has been chosen: nobody asks any more whom the policy's list leaves out. */
async function dropLists(store: BroadcastDeps["store"], record: BroadcastRecord): Promise<void> {
  await store.dropAudience(record);
  await store.dropExcluded(record);
}

/** Whether there are users to try again whose message can only be made of their rows. */
function hasRetries({ message }: BroadcastRecord, { outcomes }: BroadcastResult): boolean {
  return message.columns !== undefined && outcomes.failed + outcomes.unknown > 0;
}

/**
 * Whether the limit has kept somebody out: with a higher one there may be more to do, for which the audience is kept. A
 * run that only tried some again has not looked; `now`: another run may have been let go beyond the limit meanwhile.
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
  const { outcomes } = result;
  if (isNobodyReachable(result)) return "nothing";
  return outcomes.failed + outcomes.unknown + outcomes.invalid > 0 ? "partial" : "done";
}

/** Whether nobody of the audience had a code, or was let in: seldom what was meant, often a list of something else than openIds. */
export function isNobodyReachable({
  outcomes,
  recipients,
  filtered,
}: Pick<BroadcastResult, "outcomes" | "recipients" | "filtered">): boolean {
  const { no_code, invalid } = outcomes;
  return no_code + sumFiltered(filtered) > 0 && no_code + invalid === recipients;
}

export function fenced(host: string, pid: number): StopReason {
  return {
    status: "stopped",
    exit: "locked",
    message: `this run's heartbeat lapsed, and a run on ${host} (pid ${pid}) took over the broadcast`,
  };
}

/** Somebody asked for it by `broadcast pause` or `broadcast cancel`, or the record is gone. */
export function wantedStop(wanted: Wanted | "gone"): StopReason {
  if (wanted === "gone") {
    const message = "the record of the broadcast is gone from Redis";
    const hint = "it was deleted, or Redis lost its data";
    return { status: "stopped", exit: "redis", message, hint, isRecordGone: true };
  }
  const status = wanted.action === "pause" ? "paused" : "cancelled";
  return { status, exit: "stopped", message: `${status} by ${wanted.by}` };
}
