import type { Clock } from "../clock.ts";

const SECOND_MS = 1000;

/**
 * Limits work whose cost is known only afterwards to a number of units per second, evenly: the next turn waits until
 * everything spent is paid for, and unused time is not saved up.
 */
export class Throttle {
  private readonly clock: Clock;
  private readonly perSec: number;
  private freeAt = 0;

  constructor(clock: Clock, perSec: number) {
    this.clock = clock;
    this.perSec = perSec;
  }

  spend(units: number): void {
    this.freeAt = Math.max(this.freeAt, this.clock.monotonic()) + (units / this.perSec) * SECOND_MS;
  }

  /** Resolves when everything spent is paid for, or at once when the signal aborts. */
  async turn(signal: AbortSignal): Promise<void> {
    for (;;) {
      const wait = this.freeAt - this.clock.monotonic();
      if (wait <= 0 || signal.aborted) return;
      await this.clock.sleep(wait, signal);
    }
  }
}
