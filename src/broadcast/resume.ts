import { PushCliError } from "../errors.ts";
import { type BroadcastDeps, type Ended, runOnce } from "./broadcast.ts";
import { newRunId } from "./ids.ts";
import type { BroadcastRecord, KnownRun } from "./record.ts";
import { findDeadRuns } from "./rivals.ts";
import type { EngineOptions } from "./run.ts";

export interface ResumeSpec {
  engine: EngineOptions;
  /** Final outcomes of earlier runs to try again: unknown ones with the same code, failed ones with a new one. */
  retry: ("unknown" | "failed")[];
  /** Work beside runs that are alive. */
  join: boolean;
}

export interface ResumeDeps extends BroadcastDeps {
  say(text: string): void;
}

/** The record of a broadcast. Rejects with `nothing` when there is none of that id. */
export async function loadBroadcast(
  deps: Pick<BroadcastDeps, "store">,
  id: string,
): Promise<BroadcastRecord> {
  const record = await deps.store.load(id);
  if (record) return record;
  throw new PushCliError("nothing", `there is no broadcast '${id}'`, {
    hint: "push-cli broadcast list shows which there are",
  });
}

/**
 * Goes on with a broadcast after a kill, a stop or an interruption: takes over what dead runs had claimed, with the same
 * codes, and sends to whoever has no outcome yet. The result is that of the whole broadcast.
 */
export async function resumeBroadcast(
  deps: ResumeDeps,
  record: BroadcastRecord,
  spec: ResumeSpec,
): Promise<Ended> {
  const { clock, store } = deps;
  const { id } = record;
  if (record.status === "finished" && spec.retry.length === 0 && !spec.join) throw alreadyFinished(id);
  await deps.tokens.current();
  if (clock.now() - lastSeenMs(record, await store.runs(id)) > LEDGER_LIFE_MS) throw ledgersGone(id);
  const dead = new Set(await findDeadRuns(deps, id, spec.join));
  const earlierRuns = await store.runs(id);
  const options = { ...spec.engine, limit: record.limit, rate: spec.engine.rate ?? record.rate };
  return runOnce(deps, record, options, {
    runId: newRunId(clock),
    dead,
    retry: spec.retry,
    earlierRuns,
  });
}

/** Ledgers live for eight days after their last write; a day earlier, all of them are still there. */
const LEDGER_LIFE_MS = 7 * 24 * 3600 * 1000;

function lastSeenMs(record: BroadcastRecord, runs: KnownRun[]): number {
  return Math.max(record.startedAtMs, ...runs.map(({ untilMs }) => untilMs));
}

/** Without its ledgers, nothing says who got the message: going on would send it to everybody again. */
function ledgersGone(id: string): PushCliError {
  return new PushCliError("nothing", `the last run of broadcast '${id}' is more than 7 days ago`, {
    hint: "its ledgers lapse after 8 days, and then nothing says who got the message; start a new broadcast",
  });
}

function alreadyFinished(id: string): PushCliError {
  return new PushCliError("nothing", `broadcast '${id}' is finished`, {
    hint: "--retry-unknown or --retry-failed tries those recipients again",
  });
}
