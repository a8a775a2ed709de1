import type { Message } from "./message.ts";
import type { BroadcastStatus, CodeCounts, ErrorGroup, Outcome } from "./outcome.ts";

/** Whom a broadcast is for: every pool, or a list that is kept beside the record. */
export type AudienceKind = "pools" | "list";

/** What is kept of a broadcast for 90 days: enough to go on with it without the command line that started it. */
export interface BroadcastRecord {
  id: string;
  appid: string;
  message: Message;
  audience: AudienceKind;
  limit?: number | undefined;
  status: BroadcastStatus;
  reason?: string | undefined;
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

export interface RunInfo {
  runId: string;
  host: string;
  pid: number;
  /** Epoch ms. */
  sinceMs: number;
}

/** The records of broadcasts, the heartbeats of their runs, and listed audiences. */
export interface BroadcastStore {
  /** False when the id is taken. */
  create(record: BroadcastRecord): Promise<boolean>;
  load(id: string): Promise<BroadcastRecord | undefined>;
  update(id: string, fields: Pick<BroadcastRecord, "status"> & Partial<BroadcastRecord>): Promise<void>;
  /** Enters a run into the record and says that it is alive. */
  beginRun(id: string, run: RunInfo): Promise<void>;
  /** Says that the run is alive, for the next 15 seconds. */
  beat(id: string, run: RunInfo): Promise<void>;
  endRun(id: string, runId: string): Promise<void>;
  /** All runs there were, oldest first. */
  runs(id: string): Promise<(RunInfo & { alive: boolean })[]>;
  addAudience(id: string, openIds: string[]): Promise<void>;
  audience(id: string): AsyncIterable<string[]>;
  dropAudience(id: string): Promise<void>;
}
