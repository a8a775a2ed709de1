import type { PushCliError } from "../errors.ts";
import { acceptCanary, whyNotAccepted } from "./accept-canary.ts";
import { runOnce } from "./broadcast.ts";
import type { BroadcastDeps, Ended } from "./deps.ts";
import type { EngineOptions } from "./engine-options.ts";
import { checkEvicted, countsOf } from "./eviction.ts";
import { newRunId } from "./ids.ts";
import { LEDGER_LIFE_MS } from "./policy.ts";
import type { BroadcastRecord } from "./record.ts";
import {
  alreadyFinished,
  cancelled,
  ledgersGone,
  nobodyToRetry,
  notScheduled,
  othersGone,
  recordGone,
  sendsAlone,
  tooLate,
} from "./resume-errors.ts";
import { findDeadRuns } from "./rivals.ts";
import { firstMoment, hasBegun, isPastDeadline, type QuietHours, type Schedule } from "./schedule.ts";

export type Retry = "unknown" | "failed";

export interface ResumeSpec {
  engine: EngineOptions;
  /** Final outcomes of earlier runs to try again: unknown ones with the same code, failed ones with a new one. */
  retry: Retry[];
  /** Work beside runs that are alive. */
  join: boolean;
  /** Another limit than the broadcast's own; null: none. */
  limit?: number | null | undefined;
  /** Continue even if Redis has evicted keys since the broadcast began, or evicts more. */
  allowEviction?: boolean | undefined;
  /** An operator lets the canary pass. */
  acceptCanary?: boolean | undefined;
  /** It continues through a different API than it began with. */
  isOtherApi?: boolean;
  /** A scheduled one begins at once. */
  beginsNow?: boolean;
  /** Only one that is scheduled is begun: nothing that somebody has just paused is resumed. */
  beginsScheduled?: boolean;
  /** Changes of the schedule; null: no longer. */
  timing?: ScheduleChanges | undefined;
  /** One that is past its deadline is begun all the same, and stops: so that it is no longer due. */
  mayBeLate?: boolean;
  /** Fields to set or change in the record. */
  changes?: Pick<Partial<BroadcastRecord>, "apiBase" | "users">;
}

/** Absent: as it is; null: none. */
export interface ScheduleChanges {
  untilMs?: number | null | undefined;
  quietHours?: QuietHours | null | undefined;
  timeZone?: string | undefined;
}

export interface ResumeDeps extends BroadcastDeps {
  say(text: string): void;
}

interface Wish
  extends Pick<ResumeSpec, "retry" | "join" | "limit" | "timing" | "mayBeLate" | "acceptCanary"> {
  /** What receipts say is to be taken over. */
  takesReceipts?: boolean;
}

/** Refuses with `nothing` a resume that has nothing to do, or that may not be. Nothing is changed by a refusal. */
export function checkResumable(record: BroadcastRecord, wish: Wish, nowMs: number): void {
  const refusal = whyNotResumable(record, wish, nowMs);
  if (refusal) throw refusal;
}

/**
 * Why a broadcast can't be resumed: a finished one has nobody left unless a wider limit or a retry adds recipients, a
 * cancelled one stays cancelled, and without ledgers it is unknown who got the message.
 */
export function whyNotResumable(
  record: BroadcastRecord,
  { retry, join, limit, takesReceipts, timing, mayBeLate, acceptCanary = false }: Wish,
  nowMs: number,
): PushCliError | undefined {
  const { id, status } = record;
  if (status === "cancelled") return cancelled(record);
  // Before it begins, it has none.
  if (hasBegun(record) && nowMs - record.startedAtMs > LEDGER_LIFE_MS) return ledgersGone(id);
  const schedule = withTiming(record, timing).schedule ?? {};
  if (!mayBeLate && isPastDeadline(schedule, nowMs)) return tooLate(id, schedule);
  // Once the audience was swept completely, nobody else is chosen.
  const isThrough = record.recipients !== undefined && !isWider(record, limit);
  const beginsMs = hasBegun(record) ? nowMs : firstMoment(schedule, nowMs);
  const lapsed = isThrough ? undefined : findLapsed(record, beginsMs);
  if (lapsed) return othersGone(id, lapsed);
  const canary = whyNotAccepted(record, acceptCanary);
  if (canary) return canary;
  if (status !== "finished" || join || isWider(record, limit)) return undefined;
  const { outcomes, open = 0 } = record.result ?? {};
  // A run that worked beside the last one was killed with claims of its own.
  if (open > 0) return undefined;
  if (takesReceipts && outcomes?.unknown !== 0) return undefined;
  if (retry.length === 0) return alreadyFinished(record);
  if (outcomes && retry.every((kind) => outcomes[kind] === 0)) return nobodyToRetry(id, retry);
  return undefined;
}

/**
 * Continues a broadcast after a kill, a stop or an interruption: takes over what dead runs had claimed, with the same
 * codes, and sends to users without an outcome. The result covers the whole broadcast.
 */
export async function resumeBroadcast(deps: ResumeDeps, id: string, spec: ResumeSpec): Promise<Ended> {
  const { clock, store } = deps;
  const look = async () => {
    const found = await store.load(id);
    if (!found) throw recordGone(id);
    checkResumable(found, { ...spec, takesReceipts: spec.engine.waitReceiptsMs !== undefined }, clock.now());
    if (spec.beginsScheduled && found.status !== "scheduled") throw notScheduled(found);
    return found;
  };
  // Loaded again: since the confirmation prompt, it may have been finished, widened or deleted.
  const first = await look();
  const memory = await deps.lookAtMemory();
  if (!spec.allowEviction && hasBegun(first)) checkEvicted(first, memory);
  await deps.tokens.current();
  const dead = new Set(await findDeadRuns(deps, id, spec.join));
  // And again: what was waited for may have ended it.
  const record = await look();
  if (spec.acceptCanary) await acceptCanary(deps, record);
  const earlierRuns = await store.runs(id);
  const evicted = spec.allowEviction || !record.evicted ? memory && countsOf(memory) : record.evicted;
  const changes = (now: BroadcastRecord): Partial<BroadcastRecord> => ({
    ...spec.changes,
    ...limitChanges(now, spec.limit),
    evicted,
    schedule: withTiming(now, spec.timing).schedule,
  });
  const { limit, rate: ownRate } = withLimit(record, spec.limit);
  const atWork =
    limit === undefined || spec.acceptCanary ? undefined : earlierRuns.find(({ alive }) => alive);
  if (atWork) throw sendsAlone(id, atWork);
  const rate = spec.engine.rate ?? ownRate;
  const options = { ...spec.engine, limit, rate, sharesApi: !spec.isOtherApi };
  return runOnce(deps, record, options, {
    runId: newRunId(clock),
    dead,
    retry: spec.retry,
    allowEviction: spec.allowEviction,
    beginsNow: spec.beginsNow,
    joins: spec.join,
    earlierRuns,
    changes,
  });
}

/** The record as a resume with this limit would use it, for counting what is left. */
export function withLimit(record: BroadcastRecord, limit: ResumeSpec["limit"]): BroadcastRecord {
  return { ...record, ...limitChanges(record, limit) };
}

/** The record as a resume with these changes of its schedule would use it. */
export function withTiming(record: BroadcastRecord, changes: ScheduleChanges = {}): BroadcastRecord {
  const { schedule: before } = record;
  const { untilMs = before?.untilMs, quietHours = before?.quietHours } = changes;
  const schedule: Schedule = {
    atMs: before?.atMs,
    untilMs: untilMs ?? undefined,
    quietHours: quietHours ?? undefined,
    timeZone: changes.timeZone ?? before?.timeZone,
  };
  const isEmpty = [schedule.atMs, schedule.untilMs, schedule.quietHours].every((one) => one === undefined);
  return { ...record, schedule: isEmpty ? undefined : schedule };
}

/** A limit that cut nothing short left nobody out, however wide the new one is. */
function isWider(record: BroadcastRecord, limit: ResumeSpec["limit"]): boolean {
  if (limit === undefined || record.limit === undefined || !record.cut) return false;
  return limit === null || limit > record.limit;
}

/** With a wider limit, an audience that was cut short is swept again. */
function limitChanges(record: BroadcastRecord, limit: ResumeSpec["limit"]): Partial<BroadcastRecord> {
  if (limit === undefined) return {};
  const again = isWider(record, limit)
    ? { cut: undefined, recipients: undefined, variantRecipients: undefined }
    : {};
  return { limit: limit ?? undefined, ...again };
}

/** The first of the broadcasts that a policy names whose ledgers may be gone. */
function findLapsed({ policy }: BroadcastRecord, nowMs: number): string | undefined {
  return policy?.notIn?.find(({ startedAtMs }) => nowMs - startedAtMs > LEDGER_LIFE_MS)?.id;
}
