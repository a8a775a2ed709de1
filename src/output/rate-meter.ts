/** The rate covers the last seconds: it follows a change, and a burst has little effect on it. */
const WINDOW_MS = 5000;
const SAMPLE_MS = 200;

/** Measures how fast a growing count has grown recently. */
export class RateMeter {
  private readonly clock: { monotonic(): number };
  private readonly samples: { at: number; count: number }[];

  constructor(clock: { monotonic(): number }) {
    this.clock = clock;
    this.samples = [{ at: clock.monotonic(), count: 0 }];
  }

  /** Takes the current count; returns the rate per second. */
  measure(count: number): number {
    const at = this.clock.monotonic();
    const newest = this.samples.at(-1);
    if (!newest || at - newest.at >= SAMPLE_MS) this.samples.push({ at, count });
    while (this.samples.length > 2 && at - this.samples[0]!.at > WINDOW_MS) this.samples.shift();
    const oldest = this.samples[0]!;
    return at > oldest.at ? ((count - oldest.count) / (at - oldest.at)) * 1000 : 0;
  }
}
