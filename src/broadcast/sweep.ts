import type { Clock } from "../clock.ts";
import { PushCliError, SweepCutError } from "../errors.ts";
import type { Sighting } from "./ports.ts";
import type { BroadcastRecord, BroadcastStore } from "./record.ts";
import { lookAtRuns } from "./rivals.ts";
import type { Run } from "./run.ts";
import type { Here } from "./status.ts";

/** A page of users and how they were met. */
export interface Sighted {
  openIds: string[];
  sighting: Sighting;
  /** Met before, in the hands of another run: claimed within the limit then. */
  again?: true;
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
 * without. Once its audience was through, a broadcast's list is no longer kept: only who has a record is met.
 */
export async function* laterSweep(record: BroadcastRecord, sweeps: Sweeps): AsyncGenerator<Sighted> {
  const isThrough = record.recipients !== undefined;
  const listed = record.audience === "list" && !isThrough;
  let isEmpty = true;
  for await (const openIds of listed ? sweeps.listed() : sweeps.ledgers()) {
    isEmpty = false;
    yield { openIds, sighting: "ledger" };
  }
  if (listed && isEmpty) throw listGone(record.id);
  if (isThrough) return;
  for await (const openIds of listed ? sweeps.listed() : sweeps.pools()) yield { openIds, sighting: "pool" };
}

/** Without its list, a broadcast would look finished. */
function listGone(id: string): PushCliError {
  return new PushCliError("nothing", `the list of users of broadcast '${id}' is gone from Redis`, {
    hint: "start a new broadcast with the list; --to-file takes it, and push-cli broadcast recipients lists whom this one reached",
  });
}

/** What a sweep has to know of the runs around it. */
export interface SweepNeeds {
  run: Run;
  runId: string;
  /** Told the runs that turn out to be dead: their claims are then taken over. */
  dead: Set<string>;
  /** Runs that were surely over when this one began. */
  over: ReadonlySet<string>;
  id: string;
  store: BroadcastStore;
  clock: Clock;
  fateOf: Here["fateOf"];
}

const POLL_MS = 250;

/**
 * Sweeps with `first`, and again with `later` as long as somebody may have been left out: Redis was restarted in the
 * middle, or there are other runs: alive, or taken for dead without proof. What such a run claims behind a sweep's back,
 * or releases when it is fenced off, is not met; but once a whole sweep is over there is nothing left to claim, so that the
 * next one that meets nobody in other hands is the last. Users in the hands of another run are waited for, and taken over
 * when it dies.
 */
export async function* sweepUntilDone(
  needs: SweepNeeds,
  first: () => AsyncIterable<Sighted>,
  later: () => AsyncIterable<Sighted>,
): AsyncGenerator<Sighted> {
  const { run } = needs;
  let swept = false;
  for (let sweep = first; ; sweep = later) {
    const whole = yield* unlessCut(sweep());
    await run.allClaimed();
    const quiet = run.busy.size === 0;
    if (whole) yield* untilSettled(needs);
    if (run.signal.aborted) return;
    if (whole && quiet && (swept || !(await hasCompany(needs)))) return;
    swept ||= whole;
    // What is in hand would be counted twice, now as this run's and then from its record.
    await run.until(() => run.signal.aborted || run.inHand.size === run.held.length);
    run.startOver();
  }
}

/** Returns whether the sweep came to its end. */
async function* unlessCut(sweep: AsyncIterable<Sighted>): AsyncGenerator<Sighted, boolean> {
  try {
    yield* sweep;
    return true;
  } catch (error) {
    if (error instanceof SweepCutError) return false;
    throw error;
  }
}

/**
 * Looks again at users whom other runs had in hand until none is left. It waits for users, not for runs: two runs that
 * waited for each other's end would wait for ever.
 */
async function* untilSettled(needs: SweepNeeds): AsyncGenerator<Sighted> {
  const { run, dead, id, clock } = needs;
  while (run.busy.size > 0 && !run.signal.aborted) {
    const alive = (await lookAtRuns(needs, id)).filter((other) => other.alive);
    const holderOf = (runId: string) => alive.find((other) => other.runId === runId);
    for (const runId of run.busy.values()) if (!holderOf(runId)) dead.add(runId);
    yield { openIds: [...run.busy.keys()], sighting: "any", again: true };
    await run.allClaimed();
    const holder = [...run.busy.values()].map(holderOf).find((other) => other !== undefined);
    if (!holder) continue;
    run.waitingFor = `run on ${holder.host}, pid ${holder.pid}`;
    await clock.sleep(POLL_MS, run.signal);
    run.waitingFor = undefined;
  }
}

/** Whether other runs are, were, or may have been at work beside this one. */
async function hasCompany({ store, id, runId, over }: SweepNeeds): Promise<boolean> {
  return (await store.runs(id)).some((other) => other.runId !== runId && !over.has(other.runId));
}
