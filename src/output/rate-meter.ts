/** The rate is that of the last seconds: it follows a change, and a burst does not shake it. */
const WINDOW_MS = 5000;
const SAMPLE_MS = 200;

/** How fast a growing count grew lately. */
export class RateMeter {
  private readonly clock: { monotonic(): number };
  private readonly samples: { at: number; count: number }[];

  constructor(clock: { monotonic(): number }) {
    this.clock = clock;
    this.samples = [{ at: clock.monotonic(), count: 0 }];
  }

  /** Takes the count as it is now; returns the rate a second. */
  measure(count: number): number {
    const at = this.clock.monotonic();
    const newest = this.samples.at(-1);
    if (!newest || at - newest.at >= SAMPLE_MS) this.samples.push({ at, count });
    while (this.samples.length > 2 && at - this.samples[0]!.at > WINDOW_MS) this.samples.shift();
    const oldest = this.samples[0]!;
    return at > oldest.at ? ((count - oldest.count) / (at - oldest.at)) * 1000 : 0;
  }
}
