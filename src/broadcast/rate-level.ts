/**
 * How a run climbs back after a refusal: slowly at first (5% in about 30 s), so that a constant limit is hit again
 * about once a minute, and by steps that double, so that a limit that rose tenfold is found in about 100 s.
 * `test/broadcast/pacer.model.test.ts` simulates an hour of it.
 */
const FIRST_STEP_PER_MS = 0.5e-6;
const STEP_DOUBLES_MS = 10_000;
/** Higher than push-cli can send, so no limit. */
const UNLIMITED_PER_SEC = 10_000;
/** One a minute: slower than that, a run does not find out that a limit has gone. */
const MIN_PER_SEC = 1 / 60;

/** The rate that the platform seems to allow all runs of a broadcast together, in sends a second. */
export class RateLevel {
  private base = Number.POSITIVE_INFINITY;
  private sinceMs = 0;

  /** Whether a limit is known. */
  get isKnown(): boolean {
    return this.base !== Number.POSITIVE_INFINITY;
  }

  /** The level at a monotonic time. Infinity until a limit is known, and again once none has been hit for long. */
  at(nowMs: number): number {
    if (!this.isKnown) return this.base;
    const quietMs = Math.max(0, nowMs - this.sinceMs);
    const steps = (STEP_DOUBLES_MS / Math.LN2) * (2 ** (quietMs / STEP_DOUBLES_MS) - 1);
    const level = this.base * (1 + FIRST_STEP_PER_MS * steps);
    if (level >= UNLIMITED_PER_SEC) this.base = Number.POSITIVE_INFINITY;
    return level >= UNLIMITED_PER_SEC ? Number.POSITIVE_INFINITY : level;
  }

  /** The climb begins at `sinceMs`, when the pause is over. */
  set(perSec: number, sinceMs: number): void {
    this.base = Math.max(MIN_PER_SEC, perSec);
    this.sinceMs = sinceMs;
  }
}
