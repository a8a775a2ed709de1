import { PushCliError } from "../errors.ts";
import { runOnce } from "./broadcast.ts";
import type { BroadcastDeps, Ended } from "./deps.ts";
import type { EngineOptions } from "./engine-options.ts";
import { checkEvicted, countsOf, doubtDropped } from "./eviction.ts";
import { newRunId } from "./ids.ts";
import { LEDGER_LIFE_MS } from "./policy.ts";
import type { BroadcastRecord } from "./record.ts";
import { findDeadRuns } from "./rivals.ts";

export type Retry = "unknown" | "failed";

export interface ResumeSpec {
  engine: EngineOptions;
  /** Final outcomes of earlier runs to try again: unknown ones with the same code, failed ones with a new one. */
  retry: Retry[];
  /** Work beside runs that are alive. */
  join: boolean;
  /** Another limit than the broadcast's own; null: none. */
  limit?: number | null | undefined;
  /** Go on also when Redis has dropped keys since the broadcast began, and when it goes on to. */
  allowEviction?: boolean | undefined;
  /** Through another API than the one that it began with. */
  isOtherApi?: boolean;
  /** What the record lacks, or has otherwise. */
  changes?: Pick<Partial<BroadcastRecord>, "apiBase" | "users">;
}

export interface ResumeDeps extends BroadcastDeps {
  say(text: string): void;
}

/** The record of a broadcast. Rejects with `nothing` when there is none of that id. */
export async function loadBroadcast(
  { store, lookAtMemory }: Pick<BroadcastDeps, "store" | "lookAtMemory">,
  id: string,
): Promise<BroadcastRecord> {
  const record = await store.load(id);
  if (record) return record;
  const near = idsLike(id, await store.list(MOST_SUGGESTED_FROM));
  const list = "to list all broadcasts: push-cli broadcast list";
  const hint = near.length === 0 ? list : `did you mean ${near.join(" or ")}? ${list}`;
  const dropped = await doubtDropped(lookAtMemory, id);
  throw new PushCliError("nothing", `there is no broadcast '${id}'`, {
    hint: dropped === undefined ? hint : `${hint}; ${dropped}`,
  });
}

/** The newest ones, among which an id that is not whole is looked for. */
const MOST_SUGGESTED_FROM = 100;

/** Ids of which `id` is the beginning or the end: not copied as a whole. At most three, the newest first. */
function idsLike(id: string, records: readonly BroadcastRecord[]): string[] {
  if (id.length < 3) return [];
  return records
    .map((record) => record.id)
    .filter((other) => other.startsWith(id) || other.endsWith(id))
    .slice(0, 3);
}

interface Wish extends Pick<ResumeSpec, "retry" | "join" | "limit"> {
  /** What receipts say is to be taken over. */
  takesReceipts?: boolean;
}

/** Refuses with `nothing` a resume that has nothing to do, or that may not be. Nothing is changed by a refusal. */
export function checkResumable(record: BroadcastRecord, wish: Wish, nowMs: number): void {
  const refusal = whyNotResumable(record, wish, nowMs);
  if (refusal) throw refusal;
}

/**
 * What speaks against a resume: what is finished has nobody left unless a wider limit or a retry gives it somebody, what
 * is cancelled stays so, and without ledgers nobody knows who has got it.
 */
export function whyNotResumable(
  record: BroadcastRecord,
  { retry, join, limit, takesReceipts }: Wish,
  nowMs: number,
): PushCliError | undefined {
  const { id, status } = record;
  if (status === "cancelled") return cancelled(record);
  if (nowMs - record.startedAtMs > LEDGER_LIFE_MS) return ledgersGone(id);
  // Nobody is chosen any more once the audience was through.
  const isThrough = record.recipients !== undefined && !isWider(record, limit);
  const lapsed = isThrough ? undefined : findLapsed(record, nowMs);
  if (lapsed) return othersGone(id, lapsed);
  if (status !== "finished" || join || isWider(record, limit)) return undefined;
  const { outcomes } = record.result ?? {};
  if (takesReceipts && outcomes?.unknown !== 0) return undefined;
  if (retry.length === 0) return alreadyFinished(record);
  if (outcomes && retry.every((kind) => outcomes[kind] === 0)) return nobodyToRetry(id, retry);
  return undefined;
}

/**
 * Goes on with a broadcast after a kill, a stop or an interruption: takes over what dead runs had claimed, with the same
 * codes, and sends to whoever has no outcome yet. The result is that of the whole broadcast.
 */
export async function resumeBroadcast(deps: ResumeDeps, id: string, spec: ResumeSpec): Promise<Ended> {
  const { clock, store } = deps;
  // As it is now: since it was looked at for the question, somebody may have finished, widened or deleted it.
  const record = await store.load(id);
  if (!record) throw recordGone(id);
  checkResumable(record, { ...spec, takesReceipts: spec.engine.waitReceiptsMs !== undefined }, clock.now());
  const memory = await deps.lookAtMemory();
  if (!spec.allowEviction) checkEvicted(record, memory);
  await deps.tokens.current();
  const dead = new Set(await findDeadRuns(deps, id, spec.join));
  const earlierRuns = await store.runs(id);
  const evicted = spec.allowEviction || !record.evicted ? memory && countsOf(memory) : record.evicted;
  const changes = { ...spec.changes, ...limitChanges(record, spec.limit), evicted };
  const limit = "limit" in changes ? changes.limit : record.limit;
  const options = { ...spec.engine, limit, rate: spec.engine.rate ?? record.rate };
  return runOnce(deps, record, options, {
    runId: newRunId(clock),
    dead,
    retry: spec.retry,
    allowEviction: spec.allowEviction,
    earlierRuns,
    knowsApi: !spec.isOtherApi && earlierRuns.some(({ outcomes }) => (outcomes?.sent ?? 0) > 0),
    changes,
  });
}

/** The record as a resume with this limit goes on with it, for counts of what is left. */
export function withLimit(record: BroadcastRecord, limit: ResumeSpec["limit"]): BroadcastRecord {
  return { ...record, ...limitChanges(record, limit) };
}

/** A limit that cut nothing short has kept nobody out, however wide the new one is. */
function isWider(record: BroadcastRecord, limit: ResumeSpec["limit"]): boolean {
  if (limit === undefined || record.limit === undefined || !record.cut) return false;
  return limit === null || limit > record.limit;
}

/** With a wider limit, an audience that was cut short is swept again. */
function limitChanges(record: BroadcastRecord, limit: ResumeSpec["limit"]): Partial<BroadcastRecord> {
  if (limit === undefined) return {};
  const again = isWider(record, limit) ? { cut: undefined, recipients: undefined } : {};
  return { limit: limit ?? undefined, ...again };
}

/** Without its ledgers, nothing says who got the message: going on would send it to everybody again. */
function ledgersGone(id: string): PushCliError {
  return new PushCliError("nothing", `broadcast '${id}' began more than 7 days ago`, {
    hint: "its first ledgers lapse after 8 days, and then nothing says who got the message; start a new broadcast",
  });
}

/** The first of the broadcasts that a policy names whose ledgers may be gone. */
function findLapsed({ policy }: BroadcastRecord, nowMs: number): string | undefined {
  return policy?.notIn?.find(({ startedAtMs }) => nowMs - startedAtMs > LEDGER_LIFE_MS)?.id;
}

function othersGone(id: string, other: string): PushCliError {
  return new PushCliError(
    "nothing",
    `broadcast '${other}', which --not-in names, began more than 7 days ago`,
    {
      hint: `nothing tells any more whom it reached, so that '${id}' can't be resumed; start a new broadcast, with --not-in ${id}`,
    },
  );
}

function recordGone(id: string): PushCliError {
  return new PushCliError("nothing", `broadcast '${id}' was deleted meanwhile`, {
    hint: "nothing was sent; to list all broadcasts: push-cli broadcast list",
  });
}

function alreadyFinished({ id, cut, limit, result }: BroadcastRecord): PushCliError {
  const { failed = 0, unknown = 0 } = result?.outcomes ?? {};
  const options = [...(unknown > 0 ? ["--retry-unknown"] : []), ...(failed > 0 ? ["--retry-failed"] : [])];
  const hints = [
    ...(cut ? [`--limit none, or more than ${limit}, sends to the others too`] : []),
    ...(options.length > 0 ? [`${options.join(" or ")} tries those recipients again`] : []),
  ];
  const hint = hints.join("; ") || `push-cli broadcast show ${id} has its totals; nothing was changed`;
  return new PushCliError("nothing", `broadcast '${id}' is finished`, { hint });
}

function nobodyToRetry(id: string, retry: Retry[]): PushCliError {
  return new PushCliError(
    "nothing",
    `broadcast '${id}' is finished, and no recipient's outcome is ${retry.join(" or ")}`,
    {
      hint: `push-cli broadcast show ${id} has its totals; nothing was changed`,
    },
  );
}

function cancelled({ id, reason }: BroadcastRecord): PushCliError {
  return new PushCliError("nothing", `broadcast '${id}' is ${reason ?? "cancelled"}, and stays so`, {
    hint: "a new broadcast reaches the others: list them with --to-file",
  });
}
