import type { Cap } from "./policy.ts";
import type { BroadcastRecord } from "./record.ts";

/** A cap whose period has no fixed beginning yet. */
export type CapRule = Pick<Cap, "count" | "withinMs">;

/** The caps of a broadcast that begins at `startMs`. */
export function capsFrom(rules: readonly CapRule[], startMs: number): Cap[] {
  return rules.map(({ count, withinMs }) => ({ count, withinMs, sinceMs: startMs - withinMs }));
}

/**
 * The record with its caps counted from its own beginning, or from the time that it is scheduled for: between the first look at
 * them and that time somebody may have thought for hours. To be done once, before the record is written.
 */
export function fixCaps(record: BroadcastRecord): BroadcastRecord {
  const { policy, schedule, startedAtMs } = record;
  if (!policy?.caps) return record;
  const startMs = Math.max(schedule?.atMs ?? startedAtMs, startedAtMs);
  return { ...record, policy: { ...policy, caps: capsFrom(policy.caps, startMs) } };
}
