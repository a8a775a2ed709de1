import type { Clock } from "../clock.ts";
import type { BroadcastStore, KnownRun } from "./record.ts";
import type { Run } from "./run.ts";

const POLL_MS = 250;
/** After a beat, a run looks at once who else is there; this is time enough for that look. */
const LOOK_MS = 500;
/** So long, the rate that an earlier run found is taken for the platform's. */
const RECENT_MS = 5 * 60_000;

/**
 * Takes this run's share of the broadcast's rate, and waits until the runs at work beside it have made room: each goes by
 * how many it saw at its last beat, so until the next one all of them together would send too fast. A run that makes no
 * more beats is waited for until its heartbeat lapses.
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

/** After each beat: so many share the rate, and what one of them found holds for all. */
export function shareFound(run: Run, others: readonly KnownRun[]): void {
  run.pacer.share(others.length + 1);
  for (const { runId, found } of others) if (found) run.pacer.adopt(runId, found);
}

/** What an earlier run found is a good start for a run that follows soon; a limit of long ago says nothing. */
export function adoptRecent(run: Run, earlier: readonly KnownRun[], clock: Clock): void {
  for (const { runId, untilMs, found } of earlier) {
    if (found && Math.abs(clock.now() - untilMs) < RECENT_MS) run.pacer.adopt(runId, found);
  }
}
