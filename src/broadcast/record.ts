import type { AudiencePage, InvalidRow } from "./audience.ts";
import type { Outages } from "./breaker.ts";
import type { Message } from "./channel.ts";
import type { EvictedKeys } from "./memory.ts";
import type { BroadcastStatus, CodeCounts, ErrorGroup, Outcome, ShownStatus } from "./outcome.ts";
import type { FoundRate } from "./pacer.ts";
import type { Filtered, Policy } from "./policy.ts";
import type { StopReason } from "./stop.ts";

/** Whom a broadcast is for: every pool, or a list that is kept beside the record. */
export type AudienceKind = "pools" | "list";

/** What is kept of a broadcast for 90 days: enough to go on with it without the command line that started it. */
export interface BroadcastRecord {
  id: string;
  /** Names the run that made the record, and the listed audience with it. */
  firstRunId: string;
  appid: string;
  /** The API that it goes through. Absent in records of older versions. */
  apiBase?: string | undefined;
  /** Absent in records of older versions: wechat-template. */
  channel?: string | undefined;
  message: Message;
  audience: AudienceKind;
  /** Whom of the audience it may send to; absent: everybody. */
  policy?: Policy | undefined;
  /** Claims at most, over all runs. */
  limit?: number | undefined;
  /** Sends a second, over all runs at work. */
  rate?: number | undefined;
  /** How many users there were when it started, where that was counted. */
  users?: number | undefined;
  /** Of them: rows of the list that no message could be made of. */
  invalid?: number | undefined;
  /** What the servers had evicted when it began, or when an operator accepted more. */
  evicted?: EvictedKeys | undefined;
  /** The broadcast that it was sent before, to try the message: nobody is to be reached by it later. */
  testOf?: string | undefined;
  status: BroadcastStatus;
  reason?: string | undefined;
  /** The exit code's name of the run that ended it last. */
  exit?: RunExit | undefined;
  /** The option that a resume needs after the way in which the last run ended. */
  resumeWith?: ResumeOption | undefined;
  /** What an operator wants of the runs at work; gone when the next run begins. */
  wanted?: Wanted | undefined;
  /** How many recipients there were when the audience was through; later runs only try some of them again. */
  recipients?: number | undefined;
  /** The limit ended it, and not its audience: with a higher one there is more to do. */
  cut?: boolean | undefined;
  /** Epoch ms. */
  startedAtMs: number;
  /** Set while it is finished. */
  finishedAtMs?: number | undefined;
  /** As of the end of the last run that ended by itself. */
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

/** The JSON document of `broadcast`; field names are a contract (design section 7). */
export interface BroadcastResult {
  broadcastId: string;
  status: ShownStatus;
  reason?: string;
  templateId: string;
  recipients: number;
  /** Users without an outcome yet; null where nobody counted how many there are. */
  toGo: number | null;
  outcomes: Record<Outcome, number>;
  /** Users of the audience whom the policy left out, who are no recipients. Absent without one. */
  filtered?: Filtered;
  codes: CodeCounts;
  errors: ErrorGroup[];
  /** How often the API was down while runs were at work, and for how long. Absent in what older versions wrote. */
  outages?: Outages;
  /** Claimed with an outcome not yet known: `resume` goes on with the same code. */
  open: number;
  /** ISO 8601. */
  startedAt: string;
  /** Null until it is finished. */
  finishedAt: string | null;
  /** How long runs worked on it, the time between them left out. */
  durationMs: number;
  /** Messages sent a second of that time; null before it can be told. */
  sentPerSecond: number | null;
  /** The run that tells this, alone. */
  run?: { runId: string; sent: number; durationMs: number; sentPerSecond: number | null };
  dryRun?: true;
}

/**
 * What tells a process from every other one, where its system says so. Host and pid alone don't: containers may share a
 * host name, and each has pids of its own.
 */
export interface ProcessFacts {
  host: string;
  pid: number;
  /** One start of one machine. */
  bootId?: string | undefined;
  /** Where the pid means something, as Linux names its namespaces. */
  namespaces?: string | undefined;
  /** When it started, in ticks since the boot: a pid is used again. */
  startTicks?: string | undefined;
}

/** `unknown`: it may be another machine's or another container's, and only its heartbeat can tell. */
export type Fate = "gone" | "alive" | "unknown";

/** One process at work on a broadcast. */
export interface RunInfo extends ProcessFacts {
  runId: string;
  /** Who started it. */
  user?: string | undefined;
  /** Epoch ms. */
  sinceMs: number;
}

/** Outcomes that a run has taken back: `spent` of the failed ones had spent a code, `standing` of the unknown ones nothing. */
export interface Retried {
  unknown: number;
  failed: number;
  spent?: number;
  standing?: number;
}

/** What the ledgers don't tell of a run: kept beside it, as of its last beat. */
export interface RunState {
  /** Epoch ms. */
  untilMs: number;
  /** How long it has been at work, by a clock that nobody sets. */
  elapsedMs?: number | undefined;
  codes: CodeCounts;
  errors: ErrorGroup[];
  /** What this run did itself. Absent in what older versions wrote, as is the rest. */
  outcomes?: Record<Outcome, number> | undefined;
  /** Outcomes of earlier runs that it has taken back, to try again. */
  retried?: Retried | undefined;
  /** Unknown outcomes of other runs that receipts have settled. */
  receipts?: { sent: number; rejected: number } | undefined;
  /** Users without a code that it met, those with a record of it included. */
  noCodeMet?: number | undefined;
  /** Users whom the policy leaves out, as far as it met them. */
  filtered?: Filtered | undefined;
  /** Claimed and not settled. */
  open?: number | undefined;
  /** Why nothing is being sent now. */
  waiting?: string | undefined;
  /** How often and how long the API was down for it. */
  outages?: Outages | undefined;
  /** The rate that it found where the platform refused; absent without a limit. */
  found?: FoundRate | undefined;
  /** It ended by itself, and sums up. */
  ended?: boolean | undefined;
  /** It has withdrawn its heartbeat itself: it claims, sends and releases nothing any more. */
  over?: boolean | undefined;
}

export type KnownRun = RunInfo &
  RunState & {
    alive: boolean;
    /** Over, and about to write the end into the record. */
    concluding?: boolean;
  };

export type AudienceOwner = Pick<BroadcastRecord, "id" | "firstRunId">;

/** The records of broadcasts, the heartbeats of their runs, and listed audiences. */
export interface BroadcastStore {
  /** False when the id is taken. Whatever happens, a record is there whole or not at all. */
  create(record: BroadcastRecord): Promise<boolean>;
  load(id: string): Promise<BroadcastRecord | undefined>;
  /** A field given as undefined goes. */
  update(id: string, fields: Partial<BroadcastRecord>): Promise<void>;
  /** What an operator wants of the runs; `gone`: the record was deleted, or Redis lost it. */
  wanted(id: string): Promise<Wanted | "gone" | undefined>;
  /** Forgets the record, and the listed audience with it. The ledgers stay: they lapse by themselves. */
  delete(of: AudienceOwner): Promise<void>;
  /** The newest first. */
  list(limit: number): Promise<BroadcastRecord[]>;
  /** Enters a run into the record and says that it is alive. */
  beginRun(id: string, run: RunInfo, state: RunState, leaseMs: number): Promise<void>;
  /** Says that the run is alive, for another lease. False when the heartbeat had lapsed. */
  beat(id: string, run: RunInfo, state: RunState, leaseMs: number): Promise<boolean>;
  endRun(id: string, run: RunInfo, state: RunState): Promise<void>;
  /** Declares a run dead whose process is known to be gone. */
  buryRun(id: string, runId: string): Promise<void>;
  /** How long a run's heartbeat lasts still, ms; 0 when it has none. */
  leaseLeftMs(id: string, runId: string): Promise<number>;
  /** All runs there were, oldest first. */
  runs(id: string): Promise<KnownRun[]>;
  /** Appends to the listed audience, which holds `at` users so far. */
  addAudience(of: AudienceOwner, page: AudiencePage, at: number): Promise<void>;
  audience(of: AudienceOwner): AsyncIterable<AudiencePage>;
  dropAudience(of: AudienceOwner): Promise<void>;
  /** The same for the rows that were left out; they stay when the broadcast is through with its audience. */
  addInvalid(of: AudienceOwner, rows: InvalidRow[], at: number): Promise<void>;
  invalid(of: AudienceOwner): AsyncIterable<InvalidRow[]>;
  dropInvalid(of: AudienceOwner): Promise<void>;
  /** The same for the openIds that a policy leaves out by a list, as long as the listed audience. */
  addExcluded(of: AudienceOwner, openIds: string[], at: number): Promise<void>;
  excluded(of: AudienceOwner): AsyncIterable<string[]>;
  dropExcluded(of: AudienceOwner): Promise<void>;
}
