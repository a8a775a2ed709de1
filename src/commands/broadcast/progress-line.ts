import { OUTCOMES } from "../../broadcast/outcome.ts";
import type { Run } from "../../broadcast/run.ts";
import { addOutcomes } from "../../broadcast/totals.ts";
import type { Clock } from "../../clock.ts";
import { formatCount, formatDuration, formatRate, formatShare } from "../../output/format.ts";
import { RateMeter } from "../../output/rate-meter.ts";

/** Counts what is really done, and tells how fast it went lately. */
export class ProgressLine {
  private readonly run: Run;
  private readonly clock: Clock;
  private readonly meter: RateMeter;
  private readonly total: number | undefined;

  /** `total`: how many recipients there are, where that is known. */
  constructor(run: Run, clock: Clock, total: number | undefined) {
    this.run = run;
    this.total = total;
    this.clock = clock;
    this.meter = new RateMeter(clock);
  }

  /** Count, share, rate, ETA, outcomes; the most telling part first, because a narrow terminal cuts the end. */
  render(): string {
    const { tally, earlier } = this.run;
    const done = tally.recipients + earlier.recipients;
    // What earlier runs settled is only met again: it is no measure of how fast this run is.
    const rate = this.meter.measure(tally.recipients);
    const parts = [
      this.total === undefined ? formatCount(done) : `${formatCount(done)}/${formatCount(this.total)}`,
    ];
    if (this.total) parts.push(formatShare(Math.min(done, this.total), this.total));
    const wait = this.waiting();
    if (wait) parts.push(wait);
    else {
      parts.push(formatRate(rate));
      if (this.total && rate > 0 && done < this.total) {
        parts.push(`ETA ${formatDuration(((this.total - done) / rate) * 1000)}`);
      }
    }
    const sums = addOutcomes(tally.outcomes, earlier);
    const outcomes = OUTCOMES.filter((name) => sums[name] > 0);
    return [...parts, ...outcomes.map((name) => `${name} ${formatCount(sums[name])}`)].join("  ");
  }

  /** Why nothing is being sent, when that is so. */
  private waiting(): string | undefined {
    const { pacer, deps, waitingFor, signal } = this.run;
    const pause = pacer.pauseEnd - this.clock.now();
    if (signal.aborted) return "stopping";
    if (pause > 0) return `minute quota: waiting ${Math.ceil(pause / 1000)} s`;
    if (deps.ledger.trouble !== undefined) return `waiting: ${deps.ledger.trouble}`;
    if (waitingFor !== undefined) return `waiting for a ${waitingFor}`;
    return deps.pulse.fresh ? undefined : "Redis does not answer: waiting";
  }
}
