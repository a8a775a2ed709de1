import type { Outages } from "./breaker.ts";
import type { CanaryDocument } from "./canary.ts";
import type { CodeCounts, ErrorGroup, Outcome, ShownStatus, VariantResult } from "./outcome.ts";
import type { Filtered } from "./policy.ts";
import type { ScheduleDocument } from "./schedule.ts";

/** The JSON document of `broadcast`; field names are a contract (design section 7). */
export interface BroadcastResult {
  broadcastId: string;
  status: ShownStatus;
  reason?: string;
  templateId: string;
  recipients: number;
  /** Users without an outcome yet; null where the users were not counted. */
  toGo: number | null;
  outcomes: Record<Outcome, number>;
  /** Absent without variants. */
  variants?: VariantResult[];
  /** Users of the audience whom the policy left out; they are not recipients. Absent without a policy. */
  filtered?: Filtered;
  /** Absent without one. */
  canary?: CanaryDocument;
  codes: CodeCounts;
  errors: ErrorGroup[];
  /** How often and how long the API was down while runs were working. Absent in results of older versions. */
  outages?: Outages;
  /** Claims without a known outcome yet: `resume` continues with the same code. */
  open: number;
  /** Absent for a broadcast without one. */
  schedule?: ScheduleDocument;
  /** ISO 8601. */
  startedAt: string;
  /** Null until it is finished. */
  finishedAt: string | null;
  /** How long runs worked on it, without the time between them. */
  durationMs: number;
  /** Messages sent per second of that time; null while that is unknown. */
  sentPerSecond: number | null;
  /** The present run alone. */
  run?: { runId: string; sent: number; durationMs: number; sentPerSecond: number | null };
  dryRun?: true;
}
