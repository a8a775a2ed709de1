import type { Clock } from "../clock.ts";

/** A timer that wakes late may catch up by this much, so that coarse timers don't lower the rate. */
const CATCH_UP_MS = 20;
const SECOND_MS = 1000;
const MINUTE_MS = 60_000;

/**
 * Spaces sends evenly: in any second at most the rate plus one. Without a rate it lets everything through until the
 * platform's minute quota says otherwise. Also the place where a run pauses.
 */
export class Pacer {
  private readonly clock: Clock;
  private rate: number;
  private nextAt = 0;
  /** Monotonic times of the newest sends, as many as a second allows: a ring. */
  private recent: number[] = [];
  private recentAt = 0;
  private pausedUntil = 0;
  private queue: Promise<void> = Promise.resolve();
  private processes = 1;
  private sentSince = 0;
  private sentCount = 0;

  /** `rate` in sends a second, fractions allowed; Infinity for none. */
  constructor(clock: Clock, rate = Number.POSITIVE_INFINITY) {
    this.clock = clock;
    this.rate = rate;
    this.sentSince = clock.monotonic();
  }

  /** Whether `take` may have to wait; asking first saves a promise a send. */
  get mayWait(): boolean {
    return this.rate !== Number.POSITIVE_INFINITY || this.pausedUntil > 0;
  }

  /** Epoch ms until which the run is paused; 0 when it is not. */
  get pauseEnd(): number {
    return this.pausedUntil > this.clock.now() ? this.pausedUntil : 0;
  }

  get ratePerSec(): number {
    return this.rate;
  }

  /** Divides the rate among so many processes. */
  share(processes: number): void {
    this.processes = Math.max(1, processes);
  }

  countSend(): void {
    this.sentCount++;
  }

  /** Waits for this caller's turn, or until the signal aborts. Callers are served in order. */
  take(signal: AbortSignal): Promise<void> {
    this.queue = this.queue.then(() => this.wait(signal));
    return this.queue;
  }

  private async wait(signal: AbortSignal): Promise<void> {
    for (;;) {
      const pause = this.pausedUntil - this.clock.now();
      if (this.pausedUntil > 0 && pause <= 0) this.pausedUntil = 0;
      const wait = pause > 0 ? pause : this.reserve();
      if (wait <= 0 || signal.aborted) return;
      await this.clock.sleep(wait, signal);
    }
  }

  /** Pauses to the start of the next minute of wall time, and goes on slower than it went. Returns the pause's end. */
  pauseToNextMinute(): number {
    const now = this.clock.now();
    if (this.pausedUntil > now) return this.pausedUntil;
    const seconds = Math.max(1, (this.clock.monotonic() - this.sentSince) / SECOND_MS);
    // A minute's quota was used up by what went out in up to a minute: 80% of that a minute should fit.
    const perMinute = Math.min(this.rate * 60, (this.sentCount / seconds) * Math.min(seconds, 60));
    this.rate = Math.max(1 / 60, (perMinute * 0.8) / 60);
    this.sentCount = 0;
    this.sentSince = this.clock.monotonic();
    this.recent = [];
    this.recentAt = 0;
    this.pausedUntil = (Math.floor(now / MINUTE_MS) + 1) * MINUTE_MS;
    return this.pausedUntil;
  }

  /** Takes a turn if one is free now (0), else says how many ms to wait before asking again. */
  private reserve(): number {
    if (this.rate === Number.POSITIVE_INFINITY) return 0;
    const now = this.clock.monotonic();
    const rate = this.rate / this.processes;
    const interval = SECOND_MS / rate;
    const early = this.nextAt - now;
    if (early > 0) return early;
    const perSecond = Math.max(1, Math.floor(rate) + 1);
    const oldest = this.recent[this.recentAt];
    if (this.recent.length >= perSecond && oldest !== undefined && now - oldest < SECOND_MS) {
      return SECOND_MS - (now - oldest);
    }
    this.nextAt = Math.max(this.nextAt, now - CATCH_UP_MS) + interval;
    if (this.recent.length < perSecond) this.recent.push(now);
    else {
      this.recent[this.recentAt] = now;
      this.recentAt = (this.recentAt + 1) % perSecond;
    }
    return 0;
  }
}
