import { type Outcome, type ShownStatus, sumOutcomes, sumWithheld } from "./outcome.ts";
import { type Filtered, sumFiltered } from "./policy.ts";
import type { BroadcastRecord } from "./record.ts";

/** How many users have no outcome yet; null when the users were not counted. */
export function countToGo(
  record: Pick<BroadcastRecord, "users" | "limit">,
  status: ShownStatus,
  outcomes: Record<Outcome, number>,
  filtered?: Filtered,
): number | null {
  if (status === "finished") return 0;
  const done = sumOutcomes(outcomes);
  // Users without a code or a message are not claimed, nor those from whom it is withheld: they don't count against
  // the limit.
  const claims = done - outcomes.no_code - outcomes.invalid - sumWithheld(outcomes);
  const underLimit = record.limit === undefined ? undefined : record.limit - claims;
  if (record.users === undefined) return underLimit === undefined || underLimit > 0 ? null : 0;
  const left = record.users - done - sumFiltered(filtered);
  return Math.max(0, Math.min(left, underLimit ?? Number.POSITIVE_INFINITY));
}
