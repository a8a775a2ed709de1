import type { Clock } from "../clock.ts";
import type { Audience } from "./audience.ts";
import { fixCaps } from "./caps.ts";
import type { Message } from "./channel.ts";
import { conclude, fenced, wantedStop, willConclude } from "./conclude.ts";
import type { BroadcastDeps, Ended, RunPlan } from "./deps.ts";
import { driveRun } from "./engine.ts";
import type { EngineOptions } from "./engine-options.ts";
import { countsOf, tellLostRecord, watchEviction } from "./eviction.ts";
import { Heartbeat } from "./heartbeat.ts";
import { newBroadcastId, newRunId } from "./ids.ts";
import { enterRecord, loadChoice } from "./keep-audience.ts";
import { noteRun } from "./notes.ts";
import { createPatience, tokensWithPatience, withPatience } from "./patience.ts";
import type { Excluded, Policy } from "./policy.ts";
import { invalidLine } from "./recipients.ts";
import type { BroadcastRecord, BroadcastStore, RunState } from "./record.ts";
import { spareTheLiving } from "./rivals.ts";
import { Run } from "./run.ts";
import { adoptRecent, shareFound, shareRate } from "./share-rate.ts";
import { isOver } from "./status.ts";
import { stopReasonOf } from "./stop.ts";
import {
  firstSweep,
  laterSweep,
  type Sighted,
  type SweepNeeds,
  type Sweeps,
  sweepUntilDone,
} from "./sweep.ts";
import { awaitReceipts, takeReceipts } from "./take-receipts.ts";
import { createRenderer } from "./values.ts";
import { whyWaiting } from "./waiting.ts";

export interface BroadcastSpec {
  /** Given by the operator; made up when absent. */
  id?: string | undefined;
  appid: string;
  apiBase: string;
  channel: string;
  message: Message;
  audience: Audience;
  /** Whom of them it may send to; `excluded`: whom its list leaves out. */
  policy?: Policy | undefined;
  excluded?: Excluded | undefined;
  /** How many users there are, where that is known; kept for the progress of later runs. */
  users?: number | undefined;
  engine: EngineOptions;
  /** Continues even if Redis evicts keys. */
  allowEviction?: boolean | undefined;
  /** See `BroadcastRecord`. */
  testOf?: string | undefined;
}

/** How long Redis may refuse commands or be unreachable before a run gives up. */
const PATIENCE_MS = 30_000;

/**
 * Starts a broadcast and drives its first run to the end. The access token is fetched before anything is written, so
 * that wrong credentials cost nothing. Rejects with a PushCliError when it could not start.
 */
export async function startBroadcast(deps: BroadcastDeps, spec: BroadcastSpec): Promise<Ended> {
  const { clock } = deps;
  await deps.tokens.current();
  const memory = await deps.lookAtMemory();
  const id = spec.id ?? newBroadcastId(clock);
  const runId = newRunId(clock);
  const record = fixCaps({
    id,
    firstRunId: runId,
    appid: spec.appid,
    apiBase: spec.apiBase,
    channel: spec.channel,
    message: spec.message,
    audience: spec.audience.kind,
    policy: spec.policy,
    limit: spec.engine.limit,
    rate: spec.engine.rate,
    users: spec.users,
    invalid: spec.audience.kind === "list" ? spec.audience.invalid?.count : undefined,
    evicted: memory && countsOf(memory),
    testOf: spec.testOf,
    status: "running",
    startedAtMs: clock.now(),
  });
  await enterRecord(deps, record, spec);
  return runOnce(deps, record, spec.engine, {
    runId,
    dead: new Set(),
    earlierRuns: [],
    allowEviction: spec.allowEviction,
    firstSweep: (sweeps) => firstSweep(record, sweeps),
  });
}

/** One run from its first heartbeat to its result. */
export async function runOnce(
  deps: BroadcastDeps,
  record: BroadcastRecord,
  options: EngineOptions,
  plan: RunPlan,
): Promise<Ended> {
  const { clock, store, self, user } = deps;
  const { id } = record;
  const { runId, dead, retry } = plan;
  const info = { ...self, runId, user, sinceMs: clock.now() };
  const beganAt = clock.monotonic();
  const elapsedMs = () => Math.round(clock.monotonic() - beganAt);
  const choice = await loadChoice(store, { ...record, ...plan.changes });
  const opened = deps.openLedger({ broadcastId: id, runId, deadRuns: dead, retry: retry ?? [], choice });
  const heartbeat = new Heartbeat(store, id, info, clock, {
    state: () => ({ ...stateOf(run, clock), elapsedMs: elapsedMs() }),
    onBeat: (others) => shareFound(run, others),
    onFenced: (rival) => run.stop(fenced(rival.host, rival.pid)),
    onLost: (error) => run.stop(stopReasonOf(error)),
    onWanted: (wanted) => run.stop(wantedStop(wanted)),
  });
  const patience = createPatience(clock, PATIENCE_MS);
  const ledger = withPatience(opened, patience);
  const tokens = tokensWithPatience(deps.tokens, patience);
  const render = createRenderer(record.message);
  const run: Run = new Run({ ...deps, ledger, tokens, pulse: heartbeat, render }, options);
  adoptRecent(run, plan.earlierRuns, clock);
  if (plan.knowsApi) run.breaker.isKnown = true;
  const sweeps: Sweeps = {
    pools: deps.sweepPools,
    ledgers: deps.sweepLedgers,
    listed: () => store.audience(record),
  };
  const over = new Set(plan.earlierRuns.filter((one) => isOver(one, deps)).map((one) => one.runId));
  await heartbeat.start();
  let now = record;
  try {
    await spareTheLiving(deps, id, dead);
    const entered = await enterRun(store, record, plan.changes);
    now = entered ?? record;
    if (!entered) run.stop(wantedStop("gone"));
    if (now.wanted?.action === "cancel") run.stop(wantedStop(now.wanted));
    deps.onStart?.(id, run, now);
    noteRun(deps, record, plan);
    await reportInvalid(deps, now, plan);
    const watch = watchEviction(deps, plan.allowEviction ? undefined : now.evicted, run);
    const receipts = {
      source: deps.receipts && { ...deps, receipts: deps.receipts },
      record: now,
      runId,
      patience,
    };
    try {
      await takeReceipts(run, receipts, plan.earlierRuns);
      await driveRun(run, audienceOf({ ...deps, run, runId, dead, over, id }, now, sweeps, plan));
      await awaitReceipts(run, receipts);
    } finally {
      await watch.end();
    }
    run.isOver = true;
  } finally {
    await heartbeat.end();
  }
  await tellLostRecord(deps, now, run);
  const result = await conclude(deps, now, run, { info, plan, sweeps, over, elapsedMs });
  const ended = await store.load(id).catch(() => undefined);
  return { result, run, record: { id, cut: ended?.cut, resumeWith: ended?.resumeWith } };
}

/** Writes the rows left out into the report, which may have them from an earlier run already. */
async function reportInvalid(
  { store, report }: BroadcastDeps,
  record: BroadcastRecord,
  { firstSweep }: RunPlan,
): Promise<void> {
  if (!report || !record.invalid) return;
  for await (const rows of store.invalid(record)) {
    for (const row of rows) {
      const line = invalidLine(row, record);
      if (firstSweep) report.write(line);
      else report.writeUnlessThere(line);
    }
  }
}

/** Marks the record as running and clears what the end of an earlier run left in it. Undefined when it was deleted. */
async function enterRun(
  store: BroadcastStore,
  record: BroadcastRecord,
  changes: Partial<BroadcastRecord> = {},
): Promise<BroadcastRecord | undefined> {
  // Another run may have finished the broadcast before it could see this one.
  const now = await store.load(record.id);
  if (!now) return undefined;
  // A cancellation may have come in between.
  const wanted = now.wanted?.action === "cancel" ? now.wanted : undefined;
  const fresh: Partial<BroadcastRecord> = {
    ...changes,
    status: "running",
    reason: undefined,
    exit: undefined,
    resumeWith: undefined,
    finishedAtMs: undefined,
    wanted,
  };
  await store.update(record.id, fresh);
  return { ...now, ...fresh };
}

/** The users of a run, swept until nobody can have been missed. */
async function* audienceOf(
  needs: SweepNeeds,
  record: BroadcastRecord,
  sweeps: Sweeps,
  { firstSweep }: RunPlan,
): AsyncGenerator<Sighted> {
  const later = () => laterSweep(record, sweeps);
  if (needs.run.options.rate !== undefined && !firstSweep) await shareRate(needs.run, needs);
  yield* sweepUntilDone(needs, firstSweep ? () => firstSweep(sweeps) : later, later);
}

function stateOf(run: Run, clock: Clock): RunState {
  const { tally, earlier, inHand } = run;
  return {
    untilMs: clock.now(),
    codes: tally.codes,
    errors: tally.errors,
    outcomes: tally.outcomes,
    retried: tally.retried,
    receipts: tally.receipts,
    noCodeMet: tally.outcomes.no_code + earlier.outcomes.no_code,
    filtered: tally.filtered,
    open: inHand.size,
    waiting: whyWaiting(run),
    outages: run.breaker.outages,
    found: run.pacer.found,
    ended: run.isOver && willConclude(run),
  };
}
