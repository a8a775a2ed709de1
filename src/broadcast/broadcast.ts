import type { Clock } from "../clock.ts";
import { PushCliError } from "../errors.ts";
import type { AccessTokens } from "../token/ports.ts";
import { driveRun } from "./engine.ts";
import { Heartbeat } from "./heartbeat.ts";
import { newBroadcastId, newRunId } from "./ids.ts";
import type { Message } from "./message.ts";
import { bePatient } from "./patience.ts";
import type { Ledger, MessageSender } from "./ports.ts";
import type { BroadcastRecord, BroadcastResult, BroadcastStore, KnownRun, RunState } from "./record.ts";
import { recountBroadcast } from "./recount.ts";
import type { Report } from "./report.ts";
import { lookAtRuns } from "./rivals.ts";
import { type EngineOptions, Run } from "./run.ts";
import { shareRate } from "./share-rate.ts";
import { stopReasonOf } from "./stop.ts";
import { summarize } from "./summarize.ts";
import { firstSweep, laterSweep, type Sighted, type Sweeps, sweepUntilDone } from "./sweep.ts";

/** Whom to send to: every pool, or listed openIds without duplicates. */
export type Audience = { kind: "pools" } | { kind: "list"; openIds: string[] };

export interface BroadcastSpec {
  /** Given by the operator; made up when absent. */
  id?: string | undefined;
  appid: string;
  message: Message;
  audience: Audience;
  /** How many users there are, where that is known; kept for the progress of later runs. */
  users?: number | undefined;
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
  /** Whether a process of this host is there. */
  isRunning(pid: number): boolean;
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
    users: spec.users,
    status: "running",
    startedAtMs: clock.now(),
  };
  await enterRecord(store, record, spec.audience);
  return runOnce(deps, record, spec.engine, {
    runId,
    dead: new Set(),
    earlierRuns: [],
    firstSweep: (sweeps) => firstSweep(record, sweeps),
  });
}

export interface RunPlan {
  runId: string;
  /** Runs known to be dead; the run adds to them. */
  dead: Set<string>;
  retry?: LedgerNeeds["retry"];
  earlierRuns: KnownRun[];
  /** Left out: a later one. */
  firstSweep?(sweeps: Sweeps): AsyncIterable<Sighted>;
}

/** One run from its first heartbeat to its result. */
export async function runOnce(
  deps: BroadcastDeps,
  record: BroadcastRecord,
  options: EngineOptions,
  plan: RunPlan,
): Promise<Ended> {
  const { clock, store, host, pid } = deps;
  const { id } = record;
  const { runId, dead, retry } = plan;
  const info = { runId, host, pid, sinceMs: clock.now() };
  const opened = deps.openLedger({ broadcastId: id, runId, deadRuns: dead, retry: retry ?? [] });
  const heartbeat = new Heartbeat(store, id, info, clock, {
    state: () => stateOf(run, clock),
    onBeat: (others) => run.pacer.share(others.length + 1),
    onFenced: (rival) => run.stop(fenced(rival.host, rival.pid)),
  });
  const ledger = bePatient(opened, clock, PATIENCE_MS);
  const run: Run = new Run({ ...deps, ledger, pulse: heartbeat }, options);
  await heartbeat.start();
  // Another run may have finished the broadcast before it could see this one.
  const now = (await store.load(id)) ?? record;
  if (now.status !== "running") await store.update(id, { status: "running", reason: "" });
  deps.onStart?.(id, run);
  const sweeps: Sweeps = {
    pools: deps.sweepPools,
    ledgers: deps.sweepLedgers,
    listed: () => store.audience(record),
  };
  const later = () => laterSweep(now, sweeps);
  const { firstSweep } = plan;
  const first = firstSweep ? () => firstSweep(sweeps) : later;
  const over = new Set(plan.earlierRuns.filter(({ alive }) => !alive).map((earlier) => earlier.runId));
  const audience = async function* () {
    if (options.rate !== undefined && !firstSweep) await shareRate(run, { store, clock, id, runId });
    yield* sweepUntilDone({ ...deps, run, runId, dead, over, id }, first, later);
  };
  try {
    await driveRun(run, audience());
  } finally {
    await heartbeat.end();
  }
  return { result: await conclude(deps, now, run, plan, { sweeps, over }), run };
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

/**
 * Sums up, and writes the result into the record, unless other runs are still at it: then that is theirs to do. The
 * record stays as it is when Redis is what failed, and when it is another run's because this one was fenced off.
 */
async function conclude(
  deps: BroadcastDeps,
  record: BroadcastRecord,
  run: Run,
  plan: RunPlan,
  seen: { sweeps: Sweeps; over: ReadonlySet<string> },
): Promise<BroadcastResult> {
  const exit = run.stopReason?.exit;
  if (exit !== "redis" && exit !== "locked") {
    try {
      return await concludeRecord(deps, record, run, plan, seen);
    } catch (error) {
      // What this run did is worth telling all the same. Its own reason to stop, if it had one, stays the reason.
      run.stop(stopReasonOf(error));
    }
  }
  return summarize(run, record, plan.earlierRuns, undefined, deps.clock.now());
}

async function concludeRecord(
  deps: BroadcastDeps,
  record: BroadcastRecord,
  run: Run,
  plan: RunPlan,
  { sweeps, over }: { sweeps: Sweeps; over: ReadonlySet<string> },
): Promise<BroadcastResult> {
  const { store, clock } = deps;
  const { id } = record;
  const others = (await lookAtRuns(deps, id)).filter(({ runId }) => runId !== plan.runId);
  // Runs that worked beside this one did what it has not seen.
  const ledger = deps.openLedger({ broadcastId: id, runId: "recount", dryRun: true });
  const recount =
    !run.stopReason && others.some(({ runId }) => !over.has(runId))
      ? await recountBroadcast(ledger, record, sweeps)
      : undefined;
  const result = summarize(run, record, others, recount, clock.now());
  if (others.some(({ alive }) => alive)) return result;
  const { status, reason = "", recipients } = result;
  const through = status === "finished" ? { recipients } : {};
  const finishedAtMs = Date.parse(result.finishedAt);
  await store.update(id, { status, reason, finishedAtMs, result, ...through });
  if (status === "finished") await store.dropAudience(record);
  return result;
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
