import type { Clock } from "../clock.ts";
import { PushCliError } from "../errors.ts";
import type { AccessTokens } from "../token/ports.ts";
import { createRun, driveRun } from "./engine.ts";
import { Heartbeat } from "./heartbeat.ts";
import { newBroadcastId, newRunId } from "./ids.ts";
import type { Message } from "./message.ts";
import { bePatient } from "./patience.ts";
import type { Ledger, MessageSender } from "./ports.ts";
import type { BroadcastRecord, BroadcastResult, BroadcastStore, RunState } from "./record.ts";
import type { Recount } from "./recount.ts";
import type { Report } from "./report.ts";
import type { EngineOptions, Run } from "./run.ts";
import { firstSweep, type Sighted, type Sweeps } from "./sweep.ts";
import { addCodes, addErrors, addOutcomes } from "./totals.ts";

/** Whom to send to: every pool, or listed openIds without duplicates. */
export type Audience = { kind: "pools" } | { kind: "list"; openIds: string[] };

export interface BroadcastSpec {
  /** Given by the operator; made up when absent. */
  id?: string | undefined;
  appid: string;
  message: Message;
  audience: Audience;
  engine: EngineOptions;
}

export interface LedgerNeeds {
  broadcastId: string;
  runId: string;
  /** Read at every claim: a run may die while another works. */
  deadRuns?: ReadonlySet<string>;
  retry?: ("unknown" | "failed")[];
  /** Claims only look and change nothing. */
  dryRun?: boolean;
}

export interface BroadcastDeps {
  store: BroadcastStore;
  sweepPools(): AsyncIterable<string[]>;
  sweepLedgers(): AsyncIterable<string[]>;
  openLedger(needs: LedgerNeeds): Ledger;
  sender: MessageSender;
  tokens: AccessTokens;
  clock: Clock;
  report?: Report | undefined;
  host: string;
  pid: number;
  /** Called once the run exists, before the first claim: for progress and signals. */
  onStart?(id: string, run: Run): void;
}

export interface Ended {
  result: BroadcastResult;
  run: Run;
}

const AUDIENCE_CHUNK = 1000;
/** How long Redis may refuse or be away before a run gives up. */
const PATIENCE_MS = 30_000;

/**
 * Starts a broadcast and drives its first run to the end. The access token is fetched before anything is written, so
 * that wrong credentials cost nothing. Rejects with a PushCliError when it could not start.
 */
export async function startBroadcast(deps: BroadcastDeps, spec: BroadcastSpec): Promise<Ended> {
  const { clock, store } = deps;
  await deps.tokens.current();
  const id = spec.id ?? newBroadcastId(clock);
  const runId = newRunId(clock);
  const record: BroadcastRecord = {
    id,
    firstRunId: runId,
    appid: spec.appid,
    message: spec.message,
    audience: spec.audience.kind,
    limit: spec.engine.limit,
    rate: spec.engine.rate,
    status: "running",
    startedAtMs: clock.now(),
  };
  await enterRecord(store, record, spec.audience);
  const ledger = deps.openLedger({ broadcastId: id, runId });
  return runOnce(deps, record, spec.engine, {
    runId,
    ledger,
    earlierRuns: [],
    audience: (_, sweeps) => firstSweep(record, sweeps),
  });
}

export interface RunPlan {
  runId: string;
  ledger: Ledger;
  earlierRuns: RunState[];
  audience(run: Run, sweeps: Sweeps): AsyncIterable<Sighted>;
  /** Counts the whole broadcast anew at the end: other runs worked beside this one, and it did not see all they did. */
  recount?: ((sweeps: Sweeps) => Promise<Recount>) | undefined;
}

/** One run from its first heartbeat to its result. */
export async function runOnce(
  deps: BroadcastDeps,
  record: BroadcastRecord,
  options: EngineOptions,
  plan: RunPlan,
): Promise<Ended> {
  const { clock, store } = deps;
  const info = { runId: plan.runId, host: deps.host, pid: deps.pid, sinceMs: clock.now() };
  const ledger = bePatient(plan.ledger, clock, PATIENCE_MS);
  const heartbeat = new Heartbeat(store, record.id, info, clock, {
    state: () => stateOf(run, clock),
    onBeat: (others) => run.pacer.share(others.length + 1),
    onFenced: (rival) => run.stop(fenced(rival.host, rival.pid)),
  });
  const run: Run = createRun({ ...deps, ledger, pulse: heartbeat }, options);
  await heartbeat.start();
  deps.onStart?.(record.id, run);
  const sweeps: Sweeps = {
    pools: deps.sweepPools,
    ledgers: deps.sweepLedgers,
    listed: () => store.audience(record),
  };
  let recount: Recount | undefined;
  try {
    await driveRun(run, plan.audience(run, sweeps));
    if (!run.stopReason) recount = await plan.recount?.(sweeps);
  } finally {
    await heartbeat.end();
  }
  const result = summarize(run, record, plan.earlierRuns, recount, clock.now());
  await closeRecord(store, record, result, run);
  return { result, run };
}

function stateOf(run: Run, clock: Clock): RunState {
  return { untilMs: clock.now(), codes: run.tally.codes, errors: run.tally.errors };
}

/** The audience first: a record without all of it would be resumed for a part. */
async function enterRecord(
  store: BroadcastStore,
  record: BroadcastRecord,
  audience: Audience,
): Promise<void> {
  if (await store.load(record.id)) throw idTaken(record.id);
  if (audience.kind === "list") await keepAudience(store, record, audience.openIds);
  if (await store.create(record)) return;
  await store.dropAudience(record);
  throw idTaken(record.id);
}

async function keepAudience(
  store: BroadcastStore,
  record: BroadcastRecord,
  openIds: string[],
): Promise<void> {
  for (let at = 0; at < openIds.length; at += AUDIENCE_CHUNK) {
    await store.addAudience(record, openIds.slice(at, at + AUDIENCE_CHUNK), at);
  }
}

/** The result document: the whole broadcast's, what earlier runs did included. */
function summarize(
  run: Run,
  record: BroadcastRecord,
  earlierRuns: RunState[],
  recount: Recount | undefined,
  nowMs: number,
): BroadcastResult {
  const { tally, earlier, stopReason } = run;
  const outcomes = addOutcomes(tally.outcomes, earlier);
  const codes = addCodes(tally.codes, earlier, earlierRuns);
  const { settled } = recount ?? {};
  return {
    broadcastId: record.id,
    status: stopReason?.status ?? "finished",
    ...(stopReason ? { reason: stopReason.message } : {}),
    templateId: record.message.templateId,
    recipients: settled?.recipients ?? tally.recipients + earlier.recipients,
    outcomes: { ...outcomes, ...settled?.outcomes },
    codes: { ...codes, spent: settled?.spent ?? codes.spent },
    errors: addErrors(tally.errors, earlierRuns),
    open: run.inHand.size,
    startedAt: new Date(record.startedAtMs).toISOString(),
    finishedAt: new Date(nowMs).toISOString(),
    durationMs: nowMs - record.startedAtMs,
  };
}

/** Writes the result into the record, unless other runs are still at it: then that is theirs to do. */
async function closeRecord(
  store: BroadcastStore,
  record: BroadcastRecord,
  result: BroadcastResult,
  run: Run,
): Promise<void> {
  // The record can't be written when Redis is what failed; it stays `running` without a heartbeat, which says as much.
  if (run.stopReason?.exit === "redis") return;
  const { id } = record;
  const others = (await store.runs(id)).some(({ alive }) => alive);
  if (others && result.status !== "finished") return;
  const finishedAtMs = Date.parse(result.finishedAt);
  await store.update(id, { status: result.status, reason: result.reason ?? "", finishedAtMs, result });
  if (result.status === "finished" && !others) await store.dropAudience(record);
}

function fenced(host: string, pid: number) {
  return {
    status: "stopped",
    exit: "locked",
    message: `this run's heartbeat had lapsed, and a run on ${host} (pid ${pid}) went on with the broadcast`,
  } as const;
}

function idTaken(id: string): PushCliError {
  return new PushCliError("usage", `there is a broadcast '${id}' already`, {
    hint: `push-cli broadcast resume ${id} goes on with it; leave --id out to have a new one made up`,
  });
}
