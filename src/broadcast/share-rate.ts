import type { Clock } from "../clock.ts";
import type { BroadcastStore, KnownRun } from "./record.ts";
import type { Run } from "./run.ts";

const POLL_MS = 250;
/** After a beat, a run immediately reads the other heartbeats; this allows time for that. */
const LOOK_MS = 500;
/** How long the rate that an earlier run found is assumed to be still valid. */
const RECENT_MS = 5 * 60_000;

/**
 * Takes this run's share of the broadcast's rate, and waits until concurrent runs have reduced theirs: each uses the
 * number of runs it saw at its last beat, so until the next one all of them together would send too fast. Waits for a
 * run that no longer beats until its heartbeat lapses.
 */
export async function shareRate(
  run: Run,
  { store, clock, id, runId }: { store: BroadcastStore; clock: Clock; id: string; runId: string },
): Promise<void> {
  const others = async () => (await store.runs(id)).filter((other) => other.alive && other.runId !== runId);
  let waiting: KnownRun[] = await others();
  if (waiting.length === 0) return;
  run.pacer.share(waiting.length + 1);
  run.waitingFor = "concurrent run to share the rate";
  while (waiting.length > 0 && !run.signal.aborted) {
    await clock.sleep(POLL_MS, run.signal);
    const now = await others();
    waiting = waiting.filter(({ runId: of, untilMs }) =>
      now.some((other) => other.runId === of && other.untilMs === untilMs),
    );
  }
  await clock.sleep(LOOK_MS, run.signal);
  run.waitingFor = undefined;
}

/** After each beat: divides the rate among the runs, and adopts what the others found. */
export function shareFound(run: Run, others: readonly KnownRun[]): void {
  run.pacer.share(others.length + 1);
  for (const { runId, found } of others) if (found) run.pacer.adopt(runId, found);
}

/** Starts with the rate that a recent run found; an older one says nothing. */
export function adoptRecent(run: Run, earlier: readonly KnownRun[], clock: Clock): void {
  for (const { runId, untilMs, found } of earlier) {
    if (found && Math.abs(clock.now() - untilMs) < RECENT_MS) run.pacer.adopt(runId, found);
  }
}
