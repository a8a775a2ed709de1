import type { Clock } from "../clock.ts";

/** The time in which a run sends nothing on purpose: it does not count as work. */
export class Rest {
  private readonly clock: Pick<Clock, "monotonic">;
  private restedMs = 0;
  private since: number | undefined;

  constructor(clock: Pick<Clock, "monotonic">) {
    this.clock = clock;
  }

  /** So far, ms. */
  get ms(): number {
    return this.restedMs + (this.since === undefined ? 0 : this.clock.monotonic() - this.since);
  }

  /** One at a time. */
  async during(wait: () => Promise<void>): Promise<void> {
    this.since = this.clock.monotonic();
    try {
      await wait();
    } finally {
      this.restedMs = this.ms;
      this.since = undefined;
    }
  }
}
