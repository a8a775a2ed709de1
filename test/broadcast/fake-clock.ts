import type { Clock } from "../../src/clock.ts";

/** Time that passes by sleeping only: at once, in whole milliseconds as timers have it, and later than asked by `lateMs()`. */
export class FakeClock implements Clock {
  /** Since the start. */
  elapsedMs = 0;
  readonly slept: number[] = [];
  lateMs = () => 0;
  chance = 0.5;
  private readonly startMs: number;

  constructor(startMs = Date.UTC(2026, 10, 23, 12, 0, 0)) {
    this.startMs = startMs;
  }

  now = () => this.startMs + Math.floor(this.elapsedMs);
  /** From an odd start: only differences may mean anything. */
  monotonic = () => this.elapsedMs + 123.25;
  random = () => this.chance;

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return;
    this.slept.push(ms);
    this.elapsedMs += Math.max(1, Math.floor(ms)) + this.lateMs();
  }
}
