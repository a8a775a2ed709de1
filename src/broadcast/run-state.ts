import type { Clock } from "../clock.ts";
import { willConclude } from "./conclude.ts";
import type { RunState } from "./record.ts";
import type { Run } from "./run.ts";
import { noteVariants } from "./variant-totals.ts";
import { whyWaiting } from "./waiting.ts";

/** What a run notes of itself at each beat. `ageMs`: since it began, with the time in which it did not work. */
export function stateOf(
  run: Run,
  clock: Clock,
  { elapsedMs, ageMs }: { elapsedMs: number; ageMs: number },
): RunState {
  const { tally, earlier, inHand, stopReason } = run;
  return {
    untilMs: clock.now(),
    elapsedMs,
    codes: tally.codes,
    errors: tally.errors,
    outcomes: tally.outcomes,
    retried: tally.retried,
    receipts: tally.receipts,
    noCodeMet: tally.outcomes.no_code + earlier.outcomes.no_code,
    variants: noteVariants(run),
    filtered: tally.filtered,
    open: inHand.size,
    waiting: whyWaiting(run),
    outages: run.breaker.outages,
    found: run.pacer.found,
    series: tally.series.observe(ageMs, tally.outcomes),
    stopped: stopReason && { status: stopReason.status, message: stopReason.message },
    ended: run.isOver && willConclude(run),
  };
}
