import type { Message } from "./message.ts";
import type { BroadcastStatus, CodeCounts, ErrorGroup, Outcome } from "./outcome.ts";

/** Whom a broadcast is for: every pool, or a list that is kept beside the record. */
export type AudienceKind = "pools" | "list";

/** What is kept of a broadcast for 90 days: enough to go on with it without the command line that started it. */
export interface BroadcastRecord {
  id: string;
  /** Names the run that made the record, and the listed audience with it. */
  firstRunId: string;
  appid: string;
  message: Message;
  audience: AudienceKind;
  /** Claims at most, over all runs. */
  limit?: number | undefined;
  /** Sends a second, over all runs at work. */
  rate?: number | undefined;
  /** How many users there were when it started, where that was counted. */
  users?: number | undefined;
  status: BroadcastStatus;
  reason?: string | undefined;
  /** How many recipients there were when the audience was through; later runs only try some of them again. */
  recipients?: number | undefined;
  /** Epoch ms. */
  startedAtMs: number;
  finishedAtMs?: number | undefined;
  result?: BroadcastResult | undefined;
}

/** The JSON document of `broadcast`; field names are a contract (design section 7). */
export interface BroadcastResult {
  broadcastId: string;
  status: BroadcastStatus;
  reason?: string;
  templateId: string;
  recipients: number;
  outcomes: Record<Outcome, number>;
  codes: CodeCounts;
  errors: ErrorGroup[];
  /** Claimed with an outcome not yet known: `resume` goes on with the same code. */
  open: number;
  /** ISO 8601. */
  startedAt: string;
  finishedAt: string;
  durationMs: number;
  dryRun?: true;
}

/** One process at work on a broadcast. */
export interface RunInfo {
  runId: string;
  host: string;
  pid: number;
  /** Epoch ms. */
  sinceMs: number;
}

/** What the ledgers don't tell of a run: kept beside it, as of its last beat. */
export interface RunState {
  /** Epoch ms. */
  untilMs: number;
  codes: CodeCounts;
  errors: ErrorGroup[];
}

export type KnownRun = RunInfo & RunState & { alive: boolean };

export type AudienceOwner = Pick<BroadcastRecord, "id" | "firstRunId">;

/** The records of broadcasts, the heartbeats of their runs, and listed audiences. */
export interface BroadcastStore {
  /** False when the id is taken. Whatever happens, a record is there whole or not at all. */
  create(record: BroadcastRecord): Promise<boolean>;
  load(id: string): Promise<BroadcastRecord | undefined>;
  update(id: string, fields: Pick<BroadcastRecord, "status"> & Partial<BroadcastRecord>): Promise<void>;
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
  /** Appends to the listed audience, which holds `at` openIds so far. */
  addAudience(of: AudienceOwner, openIds: string[], at: number): Promise<void>;
  audience(of: AudienceOwner): AsyncIterable<string[]>;
  dropAudience(of: AudienceOwner): Promise<void>;
}
