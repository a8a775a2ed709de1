import type { Clock } from "../clock.ts";
import { PushCliError, SweepCutError } from "../errors.ts";
import type { AudiencePage, Row } from "./audience.ts";
import { untilIdle } from "./idle.ts";
import type { Sighting } from "./ports.ts";
import type { BroadcastRecord, BroadcastStore } from "./record.ts";
import { buryGoneRuns } from "./rivals.ts";
import type { Run } from "./run.ts";
import type { Here } from "./status.ts";

/** A page of users and where they were found. */
export interface Sighted {
  openIds: string[];
  /** As in `AudiencePage`; undefined for a user whose row is gone. */
  rows?: readonly (Row | undefined)[] | undefined;
  sighting: Sighting;
  /** Found before as claimed by another run, so counted against the limit already. */
  again?: true;
}

/** Where the users of a broadcast are found. */
export interface Sweeps {
  /** Pages of openIds that have a pool. */
  pools(): AsyncIterable<string[]>;
  /** Pages of openIds that have a ledger: a pool whose last code was taken no longer exists as a key. */
  ledgers(): AsyncIterable<string[]>;
  /** The listed audience of a broadcast. */
  listed(): AsyncIterable<AudiencePage>;
}

/** The audience of a broadcast's first run: nobody has a record yet. */
export async function* firstSweep(record: BroadcastRecord, sweeps: Sweeps): AsyncGenerator<Sighted> {
  const pages = record.audience === "list" ? sweeps.listed() : asPages(sweeps.pools());
  let isEmpty = true;
  for await (const page of pages) {
    isEmpty = false;
    yield { ...page, sighting: "any" };
  }
  // It may have waited for its time for days.
  const { users = 0, invalid = 0 } = record;
  if (isEmpty && record.audience === "list" && users > invalid) throw listGone(record.id);
}

async function* asPages(sweep: AsyncIterable<string[]>): AsyncGenerator<AudiencePage> {
  for await (const openIds of sweep) yield { openIds };
}

/**
 * The audience of a later run: first those with a record (to be taken over, counted, or tried again), then those
 * without. Once the audience was swept completely, only users with a record are visited: through the ledgers, because
 * the list is no longer kept then, or through the list where it is kept for its rows, which retries need.
 */
export async function* laterSweep(record: BroadcastRecord, sweeps: Sweeps): AsyncGenerator<Sighted> {
  const isThrough = record.recipients !== undefined;
  const listed = record.audience === "list" && (!isThrough || record.message.columns !== undefined);
  let isEmpty = true;
  const ledgers = () => asPages(sweeps.ledgers());
  for await (const page of listed ? sweeps.listed() : ledgers()) {
    isEmpty = false;
    yield { ...page, sighting: "ledger" };
  }
  if (listed && isEmpty) {
    if (!isThrough) throw listGone(record.id);
    for await (const page of ledgers()) yield { ...page, sighting: "ledger" };
  }
  if (isThrough) return;
  const pages = listed ? sweeps.listed() : asPages(sweeps.pools());
  for await (const page of pages) yield { ...page, sighting: "pool" };
}

/** Without this error, a broadcast whose list is gone would look finished. */
function listGone(id: string): PushCliError {
  return new PushCliError("nothing", `the list of users of broadcast '${id}' is gone from Redis`, {
    hint: "start a new broadcast with --to-file; push-cli broadcast recipients lists the users that this one reached",
  });
}

/** What a sweep needs to know about other runs. */
export interface SweepNeeds {
  run: Run;
  runId: string;
  /** Runs found dead are added: their claims are then taken over. */
  dead: Set<string>;
  /** Runs that were certainly over when this one began. */
  over: ReadonlySet<string>;
  id: string;
  store: BroadcastStore;
  clock: Clock;
  fateOf: Here["fateOf"];
}

const POLL_MS = 250;

/**
 * Sweeps with `first`, and again with `later` as long as somebody may have been missed: the scan was interrupted, or
 * there are other runs that are alive or not certainly dead. Such a run may claim or release a user after our sweep has
 * passed the key. After one complete sweep nothing is left to claim, so the first later sweep that finds no user held
 * by another run is the last. Users held by another run are waited for, and taken over when it dies.
 */
export async function* sweepUntilDone(
  needs: SweepNeeds,
  first: () => AsyncIterable<Sighted>,
  later: () => AsyncIterable<Sighted>,
): AsyncGenerator<Sighted> {
  const { run } = needs;
  let swept = false;
  const { log } = run.deps;
  let number = 1;
  for (let sweep = first; ; sweep = later, number++) {
    log?.info("sweep", `sweep ${number} begins`, { number });
    const whole = yield* unlessCut(sweep());
    log?.info(
      "sweep",
      `sweep ${number} ${whole ? "is complete" : "was interrupted: Redis restarted, or cluster slots moved"}`,
      {
        number,
        whole,
        claims: run.claims,
      },
    );
    // A postponed user may turn out to be held by another run.
    await run.nonePostponed();
    const isNobodyBusy = run.busy.size === 0;
    if (whole) yield* untilSettled(needs);
    if (whole && run.timing.schedule.quietHours) yield* untilAllSent(needs);
    if (run.signal.aborted) return;
    if (whole && isNobodyBusy && (swept || !(await hasCompany(needs)))) return;
    swept ||= whole;
    // What is in hand would be counted twice: now as this run's and later from its record.
    await run.until(() => run.signal.aborted || run.inHand.size === run.held.length);
    await run.settler.drain();
    run.startOver();
  }
}

/** Returns whether the sweep was complete. */
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
 * Visits users held by other runs again until none is left. It waits for users, not for runs: two runs that waited for
 * each other's end would wait forever.
 */
async function* untilSettled(needs: SweepNeeds): AsyncGenerator<Sighted> {
  const { run, dead, id, clock } = needs;
  while (run.busy.size > 0 && !run.signal.aborted) {
    const alive = (await buryGoneRuns(needs, id)).filter((other) => other.alive);
    const holderOf = (runId: string) => alive.find((other) => other.runId === runId);
    const busy = [...run.busy.values()];
    for (const { run: runId } of busy) if (!holderOf(runId)) dead.add(runId);
    const rows = run.deps.texts && busy.map(({ row }) => row);
    yield { openIds: [...run.busy.keys()], rows, sighting: "any", again: true };
    await run.nonePostponed();
    const holder = [...run.busy.values()]
      .map((one) => holderOf(one.run))
      .find((other) => other !== undefined);
    if (!holder) continue;
    run.waitingFor = `run on ${holder.host}, pid ${holder.pid}`;
    await clock.sleep(POLL_MS, run.signal);
    run.waitingFor = undefined;
  }
}

/** Until then, quiet hours may send somebody in hand back to be claimed again, whom another run may then be quicker to claim. */
async function* untilAllSent(needs: SweepNeeds): AsyncGenerator<Sighted> {
  const { run } = needs;
  await untilIdle(run);
  while (run.busy.size > 0 && !run.signal.aborted) {
    yield* untilSettled(needs);
    await untilIdle(run);
  }
}

/** Whether other runs are, were, or may have been working at the same time. */
async function hasCompany({ store, id, runId, over }: SweepNeeds): Promise<boolean> {
  return (await store.runs(id)).some((other) => other.runId !== runId && !over.has(other.runId));
}
