import type { BroadcastRecord, BroadcastResult, RunState } from "./record.ts";
import type { Recount } from "./recount.ts";
import type { Run } from "./run.ts";
import { addCodes, addErrors, addOutcomes } from "./totals.ts";

/** The result document: the whole broadcast's, what other runs did included. */
export function summarize(
  run: Run,
  record: BroadcastRecord,
  otherRuns: RunState[],
  recount: Recount | undefined,
  nowMs: number,
): BroadcastResult {
  const { tally, earlier, stopReason } = run;
  const { settled } = recount ?? {};
  const outcomes = { ...addOutcomes(tally.outcomes, earlier), ...settled?.outcomes };
  const codes = addCodes(tally.codes, earlier, otherRuns);
  const { sent, rejected, failed, unknown } = outcomes;
  // Tried again after its end, a broadcast still has the recipients that it had; those without a code are not looked for.
  if (record.recipients !== undefined && !stopReason)
    outcomes.no_code = Math.max(0, record.recipients - sent - rejected - failed - unknown);
  return {
    broadcastId: record.id,
    status: stopReason?.status ?? "finished",
    ...(stopReason ? { reason: stopReason.message } : {}),
    templateId: record.message.templateId,
    recipients: sent + outcomes.no_code + rejected + failed + unknown,
    outcomes,
    codes: { ...codes, spent: settled?.spent ?? codes.spent },
    errors: addErrors(tally.errors, otherRuns),
    open: recount?.open ?? run.inHand.size,
    startedAt: new Date(record.startedAtMs).toISOString(),
    finishedAt: new Date(nowMs).toISOString(),
    durationMs: nowMs - record.startedAtMs,
  };
}
