import type { Clock } from "../clock.ts";
import { PushCliError } from "../errors.ts";
import type { BroadcastStore, KnownRun } from "./record.ts";
import { type Here, isGone } from "./status.ts";

export interface RivalsDeps extends Here {
  store: BroadcastStore;
  clock: Clock;
  say(text: string): void;
}

const POLL_MS = 250;

/**
 * Sorts out the runs that a broadcast had: returns the ids of those that are surely dead. A run whose process is gone
 * from this host is dead at once; another one when its heartbeat lapses, which is waited for. Rejects with `locked` when a
 * run turns out to be alive, unless `join` is given.
 */
export async function findDeadRuns(deps: RivalsDeps, id: string, join: boolean): Promise<string[]> {
  const runs = await lookAtRuns(deps, id);
  for (const run of runs) if (run.alive && !join) await awaitLapse(deps, id, run);
  const now = await deps.store.runs(id);
  return now.filter(({ alive }) => !alive).map(({ runId }) => runId);
}

/** The runs that a broadcast had. Those whose process is gone from this host are declared dead. */
export async function lookAtRuns(
  { store, host, isRunning }: Here & Pick<RivalsDeps, "store">,
  id: string,
): Promise<KnownRun[]> {
  const runs = await store.runs(id);
  for (const run of runs) {
    if (!isGone(run, { host, isRunning })) continue;
    await store.buryRun(id, run.runId);
    run.alive = false;
  }
  return runs;
}

/** Waits for a heartbeat to lapse; one that is renewed meanwhile belongs to a living run. */
async function awaitLapse({ store, clock, say }: RivalsDeps, id: string, run: KnownRun): Promise<void> {
  let left = await store.leaseLeftMs(id, run.runId);
  if (left === 0) return;
  say(
    `a run on ${run.host} (pid ${run.pid}) may be alive: waiting up to ${Math.ceil(left / 1000)} s for its heartbeat`,
  );
  while (left > 0) {
    await clock.sleep(Math.min(POLL_MS, left));
    const now = await store.leaseLeftMs(id, run.runId);
    if (now > left) throw isAlive(id, run);
    left = now;
  }
}

/** The error of whoever wants to go on with a broadcast that a run is at work on. */
export function isAlive(id: string, { host, pid, sinceMs }: KnownRun): PushCliError {
  const since = new Date(sinceMs).toISOString();
  return new PushCliError("locked", `broadcast '${id}' is running on ${host} (pid ${pid}) since ${since}`, {
    hint: "wait for it, or work beside it with --join",
  });
}
