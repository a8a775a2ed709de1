import { OUTCOMES } from "../../broadcast/outcome.ts";
import { sumFiltered } from "../../broadcast/policy.ts";
import type { BroadcastRecord } from "../../broadcast/record.ts";
import type { Run } from "../../broadcast/run.ts";
import { countToGo } from "../../broadcast/to-go.ts";
import { addOutcomes } from "../../broadcast/totals.ts";
import { whyWaiting } from "../../broadcast/waiting.ts";
import type { Clock } from "../../clock.ts";
import { formatCount, formatDuration, formatRate, formatShare } from "../../output/format.ts";
import { RateMeter } from "../../output/rate-meter.ts";

/** Counts what is really done, and tells how fast it went lately. */
export class ProgressLine {
  private readonly run: Run;
  /** Another one when a scheduled broadcast begins. */
  record: Pick<BroadcastRecord, "users" | "limit" | "invalid">;
  /** Messages sent. */
  private readonly sent: RateMeter;
  /** Users done with: those without a code and those left out, too. */
  private readonly done: RateMeter;

  constructor(run: Run, clock: Clock, record: Pick<BroadcastRecord, "users" | "limit" | "invalid">) {
    this.run = run;
    this.record = record;
    this.sent = new RateMeter(clock);
    this.done = new RateMeter(clock);
  }

  /** Count, share, rate, ETA, outcomes; the most telling part first, because a narrow terminal cuts the end. */
  render(): string {
    const { tally, earlier } = this.run;
    const { invalid = 0 } = this.record;
    const sums = { ...addOutcomes(tally.outcomes, earlier), invalid };
    const leftOut = sumFiltered(tally.filtered);
    const done = tally.recipients + earlier.recipients + invalid + leftOut;
    const toGo = countToGo(this.record, "running", sums, tally.filtered);
    // What earlier runs settled is only met again: it is no measure of how fast this run is.
    const rate = this.sent.measure(tally.outcomes.sent);
    const pace = this.done.measure(tally.recipients + leftOut);
    const parts = [toGo === null ? formatCount(done) : `${formatCount(done)}/${formatCount(done + toGo)}`];
    if (toGo !== null) parts.push(formatShare(done, done + toGo));
    const wait = whyWaiting(this.run);
    if (wait) parts.push(wait);
    else {
      parts.push(formatRate(rate));
      if (toGo && pace > 0) parts.push(`ETA ${formatDuration((toGo / pace) * 1000)}`);
    }
    const outcomes = OUTCOMES.filter((name) => sums[name] > 0);
    for (const name of outcomes) parts.push(`${name} ${formatCount(sums[name])}`);
    if (leftOut > 0) parts.push(`excluded ${formatCount(leftOut)}`);
    return parts.join("  ");
  }
}
