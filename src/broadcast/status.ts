import type { Clock } from "../clock.ts";
import type { ShownStatus } from "./outcome.ts";
import type { BroadcastRecord, BroadcastStore, Fate, KnownRun, ProcessFacts } from "./record.ts";

/** The place of this process, from which others can be looked at. */
export interface Here {
  fateOf(process: ProcessFacts): Fate;
}

/** Whether a run's process is surely gone, although its heartbeat has not lapsed. */
export function isGone(run: KnownRun, { fateOf }: Here): boolean {
  return run.alive && fateOf(run) === "gone";
}

/** Whether a run can't do anything any more: a lapsed heartbeat alone may be that of a process that was frozen. */
export function isOver(run: KnownRun, { fateOf }: Here): boolean {
  return !run.alive && (run.over === true || fateOf(run) === "gone");
}

/** Summing up takes a sweep over all ledgers where several runs were at work; who is silent for longer died over it. */
const LONGEST_CONCLUSION_MS = 60_000;

/** The runs of a broadcast as they are to be shown. Changes nothing in Redis. */
export async function shownRuns(
  { store, clock, fateOf }: Here & { store: BroadcastStore; clock: Pick<Clock, "now"> },
  id: string,
): Promise<KnownRun[]> {
  const runs = await store.runs(id);
  const lastMs = Math.max(...runs.map(({ untilMs }) => untilMs));
  return runs.map((run) => {
    if (run.alive) return { ...run, alive: !isGone(run, { fateOf }) };
    const isThere = fateOf(run) !== "gone";
    const isRecent = clock.now() - run.untilMs < LONGEST_CONCLUSION_MS;
    // One that ended while another was at work has left the end to that.
    const isLast = run.untilMs === lastMs;
    return { ...run, concluding: run.ended === true && isThere && isRecent && isLast };
  });
}

/** The status that the heartbeats bear out: a record says `running` for ever when its run was killed. */
export function statusOf(record: Pick<BroadcastRecord, "status">, runs: readonly KnownRun[]): ShownStatus {
  if (runs.some(({ alive }) => alive)) return "running";
  if (record.status !== "running") return record.status;
  return runs.some(({ concluding }) => concluding) ? "running" : "dead";
}

/** Statuses that `resume` goes on from. */
export function isResumable(status: ShownStatus): boolean {
  return status === "dead" || status === "stopped" || status === "interrupted" || status === "paused";
}
