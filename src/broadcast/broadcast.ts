import type { Audience } from "./audience.ts";
import { enterBroadcast } from "./begin.ts";
import type { Canary } from "./canary.ts";
import { fixCaps } from "./caps.ts";
import type { Message } from "./channel.ts";
import { conclude, fenced, wantedStop } from "./conclude.ts";
import type { BroadcastDeps, Ended, RunPlan } from "./deps.ts";
import { driveRun } from "./engine.ts";
import type { EngineOptions } from "./engine-options.ts";
import { countsOf, tellLostRecord, watchEviction } from "./eviction.ts";
import { Heartbeat } from "./heartbeat.ts";
import { newBroadcastId, newRunId } from "./ids.ts";
import { enterRecord, loadChoice } from "./keep-audience.ts";
import { noteRun } from "./notes.ts";
import { createPatience, type Patience, tokensWithPatience, withPatience } from "./patience.ts";
import type { Choice, Excluded, Policy } from "./policy.ts";
import { adoptProof } from "./prove-api.ts";
import { invalidLine } from "./recipients.ts";
import type { BroadcastRecord } from "./record.ts";
import { reportWithVariants } from "./report.ts";
import { spareTheLiving } from "./rivals.ts";
import { Run } from "./run.ts";
import { stateOf } from "./run-state.ts";
import { hasBegun, type Schedule } from "./schedule.ts";
import { adoptRecent, shareFound } from "./share-rate.ts";
import { isOver } from "./status.ts";
import { stopReasonOf } from "./stop.ts";
import { firstSweep, type Sweeps } from "./sweep.ts";
import { awaitReceipts, takeReceipts } from "./take-receipts.ts";
import { assignVariants, createTexts } from "./variants.ts";
import { visitUsers } from "./visits.ts";

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
  /** When it may send; with `atMs` it is `scheduled` until then. */
  schedule?: Schedule | undefined;
  canary?: Canary | undefined;
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
 * Starts a broadcast and drives its first run to the end; one with a time to begin waits for it. Rejects with a PushCliError
 * when it could not start.
 */
export async function startBroadcast(deps: BroadcastDeps, spec: BroadcastSpec): Promise<Ended> {
  const record = await createBroadcast(deps, spec);
  return runOnce(deps, record, spec.engine, {
    runId: record.firstRunId,
    dead: new Set(),
    earlierRuns: [],
    allowEviction: spec.allowEviction,
    firstSweep: (sweeps) => firstSweep(record, sweeps),
  });
}

/**
 * Writes a broadcast down that nobody runs yet. The access token is fetched before anything is written, so that wrong
 * credentials cost nothing. Rejects with a PushCliError when it can't be started.
 */
export async function createBroadcast(
  deps: Pick<BroadcastDeps, "store" | "fateOf" | "clock" | "tokens" | "lookAtMemory">,
  spec: BroadcastSpec,
): Promise<BroadcastRecord> {
  const { clock } = deps;
  await deps.tokens.current();
  const memory = await deps.lookAtMemory();
  const { schedule } = spec;
  const record = fixCaps({
    id: spec.id ?? newBroadcastId(clock),
    firstRunId: newRunId(clock),
    appid: spec.appid,
    apiBase: spec.apiBase,
    channel: spec.channel,
    message: spec.message,
    audience: spec.audience.kind,
    policy: spec.policy,
    schedule,
    canary: spec.canary,
    limit: spec.engine.limit,
    rate: spec.engine.rate,
    users: spec.users,
    invalid: spec.audience.kind === "list" ? spec.audience.invalid?.count : undefined,
    evicted: memory && countsOf(memory),
    testOf: spec.testOf,
    status: schedule?.atMs === undefined ? "running" : "scheduled",
    startedAtMs: clock.now(),
  });
  await enterRecord(deps, record, spec);
  return record;
}

/** One run from its first heartbeat to its result. */
export async function runOnce(
  deps: BroadcastDeps,
  record: BroadcastRecord,
  options: EngineOptions,
  plan: RunPlan,
): Promise<Ended> {
  const { clock, store, self, user, version } = deps;
  const { id } = record;
  const { runId, dead, retry } = plan;
  const info = { ...self, runId, user, version, sinceMs: clock.now() };
  let beganAt = clock.monotonic();
  // Neither the time before it begins nor quiet hours nor the wait after a canary are work.
  const ageMs = () => Math.round(clock.monotonic() - beganAt);
  const elapsedMs = () => Math.max(0, ageMs() - Math.round(run.timing.rest.ms));
  const changed = { ...record, ...plan.changes?.(record) };
  const choice = await loadChoice(store, changed);
  const opened = deps.openLedger({ broadcastId: id, runId, deadRuns: dead, retry: retry ?? [], choice });
  const report = deps.report && reportWithVariants(deps.report, record.message.variants);
  const heartbeat = new Heartbeat(store, id, info, clock, {
    state: () => stateOf(run, clock, { elapsedMs: elapsedMs(), ageMs: ageMs() }),
    onBeat: (others) => {
      shareFound(run, others);
      adoptProof(run, others);
    },
    onFenced: (rival) => run.stop(fenced(rival.host, rival.pid)),
    // Nothing is lost while it waits to begin: another process would wait for its lease to lapse.
    onLost: (error) => run.timing.isAwaitingBeginning || run.stop(stopReasonOf(error)),
    onWanted: (wanted) => run.stop(wantedStop(wanted)),
  });
  const patience = createPatience(clock, PATIENCE_MS);
  const ledger = withPatience(opened, patience);
  const tokens = tokensWithPatience(deps.tokens, patience);
  const texts = createTexts(record.message);
  const assignment = assignVariants(record.message.variants);
  const runDeps = { ...deps, report, ledger, tokens, pulse: heartbeat, texts, assignment };
  const run: Run = new Run(runDeps, { ...options, schedule: changed.schedule });
  adoptRecent(run, plan.earlierRuns, clock);
  adoptProof(run, plan.earlierRuns);
  const sweeps: Sweeps = {
    pools: deps.sweepPools,
    ledgers: deps.sweepLedgers,
    listed: () => store.audience(record),
  };
  const over = new Set(plan.earlierRuns.filter((one) => isOver(one, deps)).map((one) => one.runId));
  await heartbeat.start();
  let now = record;
  let isWaiting = false;
  try {
    await spareTheLiving(deps, id, dead);
    const begun = await enterBroadcast(deps, record, { run, plan, patience });
    if (!hasBegun(record)) {
      info.sinceMs = clock.now();
      beganAt = clock.monotonic();
    }
    isWaiting = begun === undefined;
    noteRun(deps, record, plan);
    if (begun) {
      now = begun;
      await work(deps, begun, { run, plan, sweeps, over, patience, choice });
    }
    run.isOver = true;
  } finally {
    await heartbeat.end();
  }
  await tellLostRecord(deps, now, run);
  const result = await conclude(deps, now, run, { info, plan, sweeps, over, elapsedMs, isWaiting });
  const ended = await store.load(id).catch(() => undefined);
  return { result, run, record: { id, cut: ended?.cut, resumeWith: ended?.resumeWith } };
}

interface Work {
  run: Run;
  plan: RunPlan;
  sweeps: Sweeps;
  over: ReadonlySet<string>;
  patience: Patience;
  choice: Choice | undefined;
}

/** From the first receipt that an earlier run's message may have to the last one of this run's. */
async function work(
  deps: BroadcastDeps,
  record: BroadcastRecord,
  { run, plan, sweeps, over, patience, choice }: Work,
): Promise<void> {
  const { runId, dead } = plan;
  await reportInvalid(deps, record, plan);
  const watch = watchEviction(deps, plan.allowEviction ? undefined : record.evicted, run);
  const source = deps.receipts && { ...deps, receipts: deps.receipts };
  const receipts = { source, record, runId, patience };
  try {
    await takeReceipts(run, receipts, plan.earlierRuns);
    const { rest } = run.timing;
    const needs = { ...deps, run, runId, dead, over, id: record.id, choice, rest, patience, receipts };
    await driveRun(run, visitUsers(needs, record, sweeps, plan));
    await awaitReceipts(run, receipts);
  } finally {
    await watch.end();
  }
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
