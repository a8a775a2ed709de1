import type { InHand } from "./in-hand.ts";
import { noteRate } from "./notes.ts";
import type { SendAnswer } from "./ports.ts";
import type { Run } from "./run.ts";

/** A used-up quota pauses the run, whatever the answer means for its recipient; a 503 may signal one, too. */
export function obeyQuota(run: Run, { turn }: InHand, answer: SendAnswer): void {
  const { class: kind, errcode, waitMs } = answer;
  const { refusals } = run.pacer;
  if (waitMs !== undefined) run.pacer.refuse(turn, waitMs);
  else if (kind === "quota") run.pacer.refuse(turn, "minute");
  // Only when the platform itself says that it is busy; timeouts and resets are the breaker's concern.
  else if (kind === "ambiguous" && errcode !== undefined) run.pacer.slow(turn);
  noteRate(run, answer, refusals);
}
