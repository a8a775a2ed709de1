import { takeInHand } from "./in-hand.ts";
import type { Claimed } from "./ports.ts";
import type { Run } from "./run.ts";

const SUPPRESSED_SINCE = "suppressed since it was claimed; an earlier attempt may have arrived";

/**
 * Settles a claim of a dead run whose user has been suppressed since: nothing is sent. Its record can't tell whether there was
 * an attempt, so the outcome is unknown and the code counts as spent.
 */
export function settleSuppressed(run: Run, claimed: Claimed): void {
  const recipient = takeInHand(claimed);
  run.inHand.add(recipient);
  run.tally.countError(undefined, SUPPRESSED_SINCE);
  run.settle(recipient, "unknown", { class: "ambiguous", errmsg: SUPPRESSED_SINCE });
}
