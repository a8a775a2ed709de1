import type { Clock } from "../clock.ts";
import type { Sighting } from "./ports.ts";
import type { BroadcastRecord, BroadcastStore, KnownRun } from "./record.ts";
import type { Run } from "./run.ts";

/** A page of users and how they were met. */
export interface Sighted {
  openIds: string[];
  sighting: Sighting;
}

/** Where the users of a broadcast are met. */
export interface Sweeps {
  /** Pages of openIds that have a pool. */
  pools(): AsyncIterable<string[]>;
  /** Pages of openIds that have a ledger: a pool whose last code was taken is no longer there as a key. */
  ledgers(): AsyncIterable<string[]>;
  /** The listed audience of a broadcast. */
  listed(): AsyncIterable<string[]>;
}

/** The audience of a broadcast's first run: nobody has a record yet. */
export async function* firstSweep(record: BroadcastRecord, sweeps: Sweeps): AsyncGenerator<Sighted> {
  for await (const openIds of record.audience === "list" ? sweeps.listed() : sweeps.pools()) {
    yield { openIds, sighting: "any" };
  }
}

/**
 * The audience of a later run: first those with a record (to be taken over, counted, or tried again), then those
 * without. `newcomers` false leaves the second part out.
 */
export async function* laterSweep(
  record: BroadcastRecord,
  sweeps: Sweeps,
  newcomers: boolean,
): AsyncGenerator<Sighted> {
  const listed = record.audience === "list";
  for await (const openIds of listed ? sweeps.listed() : sweeps.ledgers())
    yield { openIds, sighting: "ledger" };
  if (!newcomers) return;
  for await (const openIds of listed ? sweeps.listed() : sweeps.pools()) yield { openIds, sighting: "pool" };
}

const POLL_MS = 500;

/**
 * Sweeps, and again as long as other runs had users in hand: when such a run has ended or died, what it left is taken
 * over. `dead` is told the runs that died.
 */
export async function* sweepUntilDone(
  sweep: () => AsyncIterable<Sighted>,
  run: Run,
  store: BroadcastStore,
  id: string,
  dead: Set<string>,
  clock: Clock,
): AsyncGenerator<Sighted> {
  for (;;) {
    yield* sweep();
    if (run.busyRuns.size === 0 || run.signal.aborted) return;
    const left = await untilGone(run, store, id, clock);
    if (run.signal.aborted) return;
    for (const { runId } of left) dead.add(runId);
    run.startOver();
  }
}

/** Waits until none of the runs that had users in hand is alive. */
async function untilGone(run: Run, store: BroadcastStore, id: string, clock: Clock): Promise<KnownRun[]> {
  for (;;) {
    const holders = (await store.runs(id)).filter(({ runId }) => run.busyRuns.has(runId));
    const alive = holders.find((holder) => holder.alive);
    if (!alive || run.signal.aborted) return holders;
    run.waitingFor = `run on ${alive.host}, pid ${alive.pid}`;
    await clock.sleep(POLL_MS, run.signal);
    run.waitingFor = undefined;
  }
}
