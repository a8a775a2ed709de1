import type { Clock } from "../clock.ts";
import { PushCliError } from "../errors.ts";
import type { AccessTokens } from "../token/ports.ts";
import { createRun, driveRun } from "./engine.ts";
import { keepHeartbeat } from "./heartbeat.ts";
import { newBroadcastId, newRunId } from "./ids.ts";
import type { Message } from "./message.ts";
import type { BroadcastStatus } from "./outcome.ts";
import type { Ledger, MessageSender } from "./ports.ts";
import type { BroadcastRecord, BroadcastResult, BroadcastStore } from "./record.ts";
import type { Report } from "./report.ts";
import type { EngineOptions, Run } from "./run.ts";

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

export interface BroadcastDeps {
  store: BroadcastStore;
  /** Pages of openIds that have a pool. */
  sweepPools(): AsyncIterable<string[]>;
  openLedger(broadcastId: string, runId: string): Ledger;
  sender: MessageSender;
  tokens: AccessTokens;
  clock: Clock;
  report?: Report | undefined;
  host: string;
  pid: number;
  /** Called once the run exists, before the first claim: for progress and signals. */
  onStart?(id: string, run: Run): void;
}

const AUDIENCE_CHUNK = 1000;

/**
 * Starts a broadcast and drives its first run to the end. The access token is fetched before anything is written, so
 * that wrong credentials cost nothing. Rejects with a PushCliError when it could not start or Redis went away for good.
 */
export async function startBroadcast(
  deps: BroadcastDeps,
  spec: BroadcastSpec,
): Promise<{ result: BroadcastResult; run: Run }> {
  const { clock, store } = deps;
  await deps.tokens.current();
  const id = spec.id ?? newBroadcastId(clock);
  const startedAtMs = clock.now();
  const record: BroadcastRecord = {
    id,
    appid: spec.appid,
    message: spec.message,
    audience: spec.audience.kind,
    limit: spec.engine.limit,
    status: "running",
    startedAtMs,
  };
  if (!(await store.create(record))) throw idTaken(id);
  if (spec.audience.kind === "list") await keepAudience(store, id, spec.audience.openIds);
  const run = await runOnce(deps, record, spec.engine);
  const result = summarize(run, record, clock.now());
  await closeRecord(store, result, run);
  return { result, run };
}

async function runOnce(deps: BroadcastDeps, record: BroadcastRecord, options: EngineOptions): Promise<Run> {
  const runId = newRunId(deps.clock);
  const info = { runId, host: deps.host, pid: deps.pid, sinceMs: deps.clock.now() };
  const ledger = deps.openLedger(record.id, runId);
  const run = createRun({ ...deps, ledger }, options);
  const heartbeat = await keepHeartbeat(deps.store, record.id, info, deps.clock);
  deps.onStart?.(record.id, run);
  try {
    await driveRun(run, record.audience === "list" ? deps.store.audience(record.id) : deps.sweepPools());
  } finally {
    await heartbeat.end();
  }
  return run;
}

async function keepAudience(store: BroadcastStore, id: string, openIds: string[]): Promise<void> {
  for (let at = 0; at < openIds.length; at += AUDIENCE_CHUNK) {
    await store.addAudience(id, openIds.slice(at, at + AUDIENCE_CHUNK));
  }
}

/** The result document of a run. */
export function summarize(run: Run, record: BroadcastRecord, nowMs: number): BroadcastResult {
  const status: BroadcastStatus = run.stopReason?.status ?? "finished";
  return {
    broadcastId: record.id,
    status,
    ...(run.stopReason ? { reason: run.stopReason.message } : {}),
    templateId: record.message.templateId,
    recipients: run.tally.recipients,
    outcomes: { ...run.tally.outcomes },
    codes: { ...run.tally.codes },
    errors: run.tally.errors,
    open: run.inHand.size,
    startedAt: new Date(record.startedAtMs).toISOString(),
    finishedAt: new Date(nowMs).toISOString(),
    durationMs: nowMs - record.startedAtMs,
  };
}

async function closeRecord(store: BroadcastStore, result: BroadcastResult, run: Run): Promise<void> {
  // The record can't be written when Redis is what failed; it stays `running` without a heartbeat, which says as much.
  if (run.stopReason?.exit === "redis") return;
  await store.update(result.broadcastId, {
    status: result.status,
    reason: result.reason,
    finishedAtMs: Date.parse(result.finishedAt),
    result,
  });
  if (result.status === "finished") await store.dropAudience(result.broadcastId);
}

function idTaken(id: string): PushCliError {
  return new PushCliError("usage", `there is a broadcast '${id}' already`, {
    hint: "leave --id out to have one made up",
  });
}
