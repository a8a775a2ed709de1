import { formatCount } from "../../output/format.ts";
import { describeErrors, describeOutcomes, paceOf, type Summary } from "./summary.ts";

/** How a broadcast stands at the end of a run, in a few lines for people who read them in a chat. */
export function describeEnd(summary: Summary, profile: string | undefined): string {
  const { broadcastId, status, reason, templateId, outcomes, toGo, errors, next = [] } = summary;
  const where = profile === undefined ? "" : ` (profile ${profile})`;
  const counts = outcomes ? `${describeOutcomes(outcomes)}${paceOf(summary)}` : "";
  const left = toGo ? `to go ${formatCount(toGo)}` : "";
  return [
    `push-cli: broadcast ${broadcastId} ${status}${where}`,
    `template ${templateId}`,
    [counts, left].filter(Boolean).join("; "),
    reason && `reason: ${reason}`,
    errors.length > 0 && `errors: ${describeErrors(errors, 3)}`,
    next[0] && `next: ${next[0]}`,
  ]
    .filter(Boolean)
    .join("\n");
}
