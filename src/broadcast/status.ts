import type { Clock } from "../clock.ts";
import type { ShownStatus } from "./outcome.ts";
import type { BroadcastRecord, BroadcastStore, Fate, KnownRun, ProcessFacts } from "./record.ts";

/** What is needed to judge other processes from this one. */
export interface Here {
  fateOf(process: ProcessFacts): Fate;
}

/** Whether a run's process is certainly gone, although its heartbeat has not lapsed. */
export function isGone(run: KnownRun, { fateOf }: Here): boolean {
  return run.alive && fateOf(run) === "gone";
}

/** Whether a run is certainly over: a lapsed heartbeat alone may belong to a frozen process. */
export function isOver(run: KnownRun, { fateOf }: Here): boolean {
  return !run.alive && (run.over === true || fateOf(run) === "gone");
}

/** Summing up sweeps all ledgers where several runs were at work; a run that is silent for longer has died doing so. */
const LONGEST_CONCLUSION_MS = 60_000;

/** The runs of a broadcast for display. Changes nothing in Redis. */
export async function shownRuns(
  { store, clock, fateOf }: Here & { store: Pick<BroadcastStore, "runs">; clock: Pick<Clock, "now"> },
  id: string,
): Promise<KnownRun[]> {
  const runs = await store.runs(id);
  const lastMs = Math.max(...runs.map(({ untilMs }) => untilMs));
  return runs.map((run) => {
    if (run.alive) return { ...run, alive: !isGone(run, { fateOf }) };
    const isThere = fateOf(run) !== "gone";
    const isRecent = clock.now() - run.untilMs < LONGEST_CONCLUSION_MS;
    // A run that ended while another was working leaves the result to that one.
    const isLast = run.untilMs === lastMs;
    return { ...run, concluding: run.ended === true && isThere && isRecent && isLast };
  });
}

/** The status according to the heartbeats: the record of a killed run says `running` forever. */
export function statusOf(record: Pick<BroadcastRecord, "status">, runs: readonly KnownRun[]): ShownStatus {
  if (record.status === "scheduled") return "scheduled";
  if (runs.some(({ alive }) => alive)) return "running";
  if (record.status !== "running") return record.status;
  return runs.some(({ concluding }) => concluding) ? "running" : "dead";
}

/** Whether a process is at work on it, or waits for its time. */
export function isAttended({ status, runs }: { status: ShownStatus; runs: readonly KnownRun[] }): boolean {
  return status === "running" || (status === "scheduled" && runs.some(({ alive }) => alive));
}

/** Statuses from which `resume` continues. */
export function isResumable(status: ShownStatus): boolean {
  return (
    status === "scheduled" ||
    status === "dead" ||
    status === "stopped" ||
    status === "interrupted" ||
    status === "paused"
  );
}
