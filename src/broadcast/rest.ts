import type { Clock } from "../clock.ts";

/** The time in which a run sends nothing on purpose: it does not count as work. Reasons may overlap. */
export class Rest {
  private readonly clock: Pick<Clock, "monotonic">;
  private restedMs = 0;
  private reasons = 0;
  private since = 0;

  constructor(clock: Pick<Clock, "monotonic">) {
    this.clock = clock;
  }

  /** So far, ms. */
  get ms(): number {
    return this.restedMs + (this.reasons > 0 ? this.clock.monotonic() - this.since : 0);
  }

  begin(): void {
    if (this.reasons === 0) this.since = this.clock.monotonic();
    this.reasons++;
  }

  end(): void {
    this.restedMs = this.ms;
    this.reasons--;
    this.since = this.clock.monotonic();
  }

  async during(wait: () => Promise<void>): Promise<void> {
    this.begin();
    try {
      await wait();
    } finally {
      this.end();
    }
  }
}
