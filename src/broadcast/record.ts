import type { AudiencePage, InvalidRow } from "./audience.ts";
import type { Outages } from "./breaker.ts";
import type { Canary, CanaryProgress, CanaryVerdict } from "./canary.ts";
import type { Message } from "./channel.ts";
import type { EvictedKeys } from "./memory.ts";
import type { BroadcastStatus, CodeCounts, ErrorGroup, Outcome, VariantCounts } from "./outcome.ts";
import type { FoundRate } from "./pacer.ts";
import type { Filtered, Policy } from "./policy.ts";
import type { BroadcastResult } from "./result.ts";
import type { Schedule } from "./schedule.ts";
import type { Series } from "./series.ts";
import type { StopReason } from "./stop.ts";

export type { BroadcastResult };

/** Whom a broadcast is for: every pool, or a list that is kept beside the record. */
export type AudienceKind = "pools" | "list";

/** What is kept of a broadcast for 90 days: enough to resume it without the command line that started it. */
export interface BroadcastRecord {
  id: string;
  /** The run that created the record and the listed audience. */
  firstRunId: string;
  appid: string;
  /** The API that it sends through. Absent in records of older versions. */
  apiBase?: string | undefined;
  /** Absent in records of older versions: wechat-template. */
  channel?: string | undefined;
  message: Message;
  audience: AudienceKind;
  /** Which users of the audience it may send to; absent: everybody. */
  policy?: Policy | undefined;
  /** When it may send; absent: at any time. */
  schedule?: Schedule | undefined;
  /** The run that began it, where the schedule has a time to begin; absent until then. */
  beganBy?: string | undefined;
  /** Sends to a few users first; absent: to everybody at once. */
  canary?: Canary | undefined;
  /** Maximum claims over all runs. */
  limit?: number | undefined;
  /** Sends per second, over all running runs. */
  rate?: number | undefined;
  /** Number of users when it started, where it was counted. */
  users?: number | undefined;
  /** Of these, rows of the list from which no message could be made. */
  invalid?: number | undefined;
  /** What the servers had evicted when it began, or when an operator accepted more. */
  evicted?: EvictedKeys | undefined;
  /** The broadcast whose message this one tested; a later resume is not offered for it. */
  testOf?: string | undefined;
  status: BroadcastStatus;
  reason?: string | undefined;
  /** The exit code's name of the run that ended it last. */
  exit?: RunExit | undefined;
  /** The option that a resume requires because of how the last run ended. */
  resumeWith?: ResumeOption | undefined;
  /** An operator's request to the runs; cleared when the next run begins. */
  wanted?: Wanted | undefined;
  /** Number of recipients when the audience had been swept completely; later runs only retry some of them. */
  recipients?: number | undefined;
  /** The same by variant, without users from whom the message is withheld and invalid rows. */
  variantRecipients?: number[] | undefined;
  /** The limit ended it, not its audience: with a higher limit there is more to do. */
  cut?: boolean | undefined;
  /** Epoch ms. */
  startedAtMs: number;
  /** Set while it is finished. */
  finishedAtMs?: number | undefined;
  /** As of the last run that ended normally. */
  result?: BroadcastResult | undefined;
}

export type ResumeOption = NonNullable<StopReason["resumeWith"]>;

export type RunExit = StopReason["exit"] | "done" | "partial";

/** Read by every run at each beat. */
export interface Wanted {
  action: "pause" | "cancel";
  /** user@host */
  by: string;
}

/**
 * What identifies a process, where its system provides it. Host and pid alone don't: containers may share a host name,
 * and each has its own pids.
 */
export interface ProcessFacts {
  host: string;
  pid: number;
  /** Identifies one boot of one machine. */
  bootId?: string | undefined;
  /** The Linux namespaces in which the pid is valid. */
  namespaces?: string | undefined;
  /** When it started, in ticks since boot, because pids are reused. */
  startTicks?: string | undefined;
}

/** `unknown`: it may be another machine's or another container's, and only its heartbeat can tell. */
export type Fate = "gone" | "alive" | "unknown";

/** One process at work on a broadcast. */
export interface RunInfo extends ProcessFacts {
  runId: string;
  /** Who started it. */
  user?: string | undefined;
  /** Of push-cli. */
  version?: string | undefined;
  /** Epoch ms. */
  sinceMs: number;
}

/**
 * Outcomes that a run has reset: `spent` of the failed ones had spent a code, `standing` of the unknown ones had spent
 * nothing.
 */
export interface Retried {
  unknown: number;
  failed: number;
  spent?: number;
  standing?: number;
}

/** What the ledgers don't record about a run, as of its last beat. */
export interface RunState {
  /** Epoch ms. */
  untilMs: number;
  /** How long it has been working, by the monotonic clock. */
  elapsedMs?: number | undefined;
  codes: CodeCounts;
  errors: ErrorGroup[];
  /** This run's own outcomes. Like all that follow, absent in runs of older versions. */
  outcomes?: Record<Outcome, number> | undefined;
  /** Outcomes of earlier runs that it has reset to try again. */
  retried?: Retried | undefined;
  /** Unknown outcomes of other runs that receipts have settled. */
  receipts?: { sent: number; rejected: number } | undefined;
  /** Users without a code that it met, including those whose record says so. */
  noCodeMet?: number | undefined;
  /** Of the above, its part of the totals by variant. */
  variants?: VariantCounts[] | undefined;
  /** Users left out by the policy, among those it has met so far. */
  filtered?: Filtered | undefined;
  /** Claimed and not settled. */
  open?: number | undefined;
  /** Why nothing is being sent at the moment. */
  waiting?: string | undefined;
  /** How often and how long the API was down during this run. */
  outages?: Outages | undefined;
  /** The rate that it found after refusals; absent without a limit. */
  found?: FoundRate | undefined;
  /** When it settled what, in steps of its working time. */
  series?: Series | undefined;
  /** Why it ends, or ended, before it was done with its audience. */
  stopped?: Pick<StopReason, "status" | "message"> | undefined;
  /** It ended normally and is summing up. */
  ended?: boolean | undefined;
  /** It has removed its own heartbeat: it no longer claims, sends or releases anything. */
  over?: boolean | undefined;
}

export type KnownRun = RunInfo &
  RunState & {
    alive: boolean;
    /** Ended, and about to write the result into the record. */
    concluding?: boolean;
  };

/** `schedule`: the lists of a broadcast that begins later are kept for longer. */
export type AudienceOwner = Pick<BroadcastRecord, "id" | "firstRunId" | "schedule">;

/** The records of broadcasts, the heartbeats of their runs, and listed audiences. */
export interface BroadcastStore {
  /** False when the id is taken. A record is created whole or not at all. */
  create(record: BroadcastRecord): Promise<boolean>;
  load(id: string): Promise<BroadcastRecord | undefined>;
  /** A field given as undefined is removed. */
  update(id: string, fields: Partial<BroadcastRecord>): Promise<void>;
  /** The same for the end of its last run; false, and nothing is changed, when a run has entered it that is none of these. */
  end(id: string, knownRuns: readonly string[], fields: Partial<BroadcastRecord>): Promise<boolean>;
  /** An operator's request to the runs; `gone`: the record was deleted, or Redis lost it. */
  wanted(id: string): Promise<Wanted | "gone" | undefined>;
  /** The same, if the record still has this status and this request; false when it has not. */
  move(
    from: Pick<BroadcastRecord, "id" | "status" | "wanted">,
    fields: Partial<BroadcastRecord>,
  ): Promise<boolean>;
  /** Removes the record and the listed audience. The ledgers stay: they expire by themselves. */
  delete(of: AudienceOwner): Promise<void>;
  /** The newest first. */
  list(limit: number): Promise<BroadcastRecord[]>;
  /** Those that have not begun, in no order. */
  listScheduled(): Promise<BroadcastRecord[]>;
  /** Notes when a canary was sent, or its verdict, unless that is known already. What is known then; undefined without a record. */
  noteCanary(id: string, news: { sentAtMs: number } | CanaryVerdict): Promise<CanaryProgress | undefined>;
  canaryProgress(id: string): Promise<CanaryProgress | undefined>;
  /** Replaces the verdict by an operator's. */
  overrideCanary(id: string, verdict: CanaryVerdict): Promise<void>;
  /** Starts a run's heartbeat and enters the run into the record. */
  beginRun(id: string, run: RunInfo, state: RunState, leaseMs: number): Promise<void>;
  /** Renews the heartbeat for another lease. False when it had lapsed. */
  beat(id: string, run: RunInfo, state: RunState, leaseMs: number): Promise<boolean>;
  endRun(id: string, run: RunInfo, state: RunState): Promise<void>;
  /** Declares a run dead whose process is known to be gone. */
  buryRun(id: string, runId: string): Promise<void>;
  /** Remaining lifetime of a run's heartbeat, ms; 0 when it has none. */
  leaseLeftMs(id: string, runId: string): Promise<number>;
  /** All runs so far, oldest first. */
  runs(id: string): Promise<KnownRun[]>;
  /** Appends to the listed audience, which holds `at` users so far. */
  addAudience(of: AudienceOwner, page: AudiencePage, at: number): Promise<void>;
  audience(of: AudienceOwner): AsyncIterable<AudiencePage>;
  dropAudience(of: AudienceOwner): Promise<void>;
  /** The same for the rows that were left out; they are kept after the audience has been swept completely. */
  addInvalid(of: AudienceOwner, rows: InvalidRow[], at: number): Promise<void>;
  invalid(of: AudienceOwner): AsyncIterable<InvalidRow[]>;
  dropInvalid(of: AudienceOwner): Promise<void>;
  /** The same for the openIds that a policy leaves out by a list, as long as the listed audience. */
  addExcluded(of: AudienceOwner, openIds: string[], at: number): Promise<void>;
  excluded(of: AudienceOwner): AsyncIterable<string[]>;
  dropExcluded(of: AudienceOwner): Promise<void>;
}
