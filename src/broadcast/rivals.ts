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
 * Sorts out the runs that a broadcast had: returns the ids of those that can be considered dead. A run whose process is
 * certainly gone is dead at once; any other is dead once its heartbeat lapses, for which this waits. Rejects with
 * `locked` when a run turns out to be alive, unless `join` is given.
 */
export async function findDeadRuns(deps: RivalsDeps, id: string, join: boolean): Promise<string[]> {
  const runs = await buryGoneRuns(deps, id);
  for (const run of runs) if (run.alive && !join) await awaitLapse(deps, id, run);
  const now = await deps.store.runs(id);
  return now.filter(({ alive }) => !alive).map(({ runId }) => runId);
}

/**
 * Once this run is in the record, removes runs from `dead` that are alive after all: a run that beats from now on sees
 * this run and yields to it, one that has beaten since the first check does not. So in each pair, one knows of the
 * other.
 */
export async function spareTheLiving(
  { store }: Pick<RivalsDeps, "store">,
  id: string,
  dead: Set<string>,
): Promise<void> {
  if (dead.size === 0) return;
  for (const { runId, alive } of await store.runs(id)) if (alive) dead.delete(runId);
}

/** All runs of a broadcast. Those whose process is certainly gone are declared dead. */
export async function buryGoneRuns(
  { store, fateOf }: Here & Pick<RivalsDeps, "store">,
  id: string,
): Promise<KnownRun[]> {
  const runs = await store.runs(id);
  for (const run of runs) {
    if (!isGone(run, { fateOf })) continue;
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
    `a run on ${run.host} (pid ${run.pid}) may still be alive: waiting up to ${Math.ceil(left / 1000)} s for its heartbeat to lapse`,
  );
  while (left > 0) {
    await clock.sleep(Math.min(POLL_MS, left));
    const now = await store.leaseLeftMs(id, run.runId);
    if (now > left) throw isAlive(id, run);
    left = now;
  }
}

/** The error for resuming a broadcast while a run is working on it. */
export function isAlive(id: string, { host, pid, sinceMs, waiting }: KnownRun): PushCliError {
  const since = new Date(sinceMs).toISOString();
  // As `Timing` says it.
  const isScheduled = waiting?.startsWith("scheduled for") === true;
  return new PushCliError(
    "locked",
    isScheduled
      ? `a process on ${host} (pid ${pid}) has been waiting to begin broadcast '${id}' since ${since}`
      : `broadcast '${id}' has been running on ${host} (pid ${pid}) since ${since}`,
    {
      hint: "wait for it to end, or join it with --join",
    },
  );
}
