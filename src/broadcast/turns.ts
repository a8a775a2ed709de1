/** A timer that wakes late may catch up by this much, so that coarse timers don't lower the rate. */
const CATCH_UP_MS = 20;
const SECOND_MS = 1000;
/** Number of past times at which they are cut off, so that most turns cost no copying. */
const CUT_AT = 1024;

/** Spaces turns evenly at a rate that may change between any two of them: in any second at most the rate plus one. */
export class Turns {
  /** When the newest turn was due, which is at most the catch-up before it was taken. */
  private lastDue = Number.NEGATIVE_INFINITY;
  /** Monotonic times of the newest turns, oldest first, from `first` on those of the last second. */
  private recent: number[] = [];
  private first = 0;

  /**
   * Takes a turn if one is free now (0), else returns how many ms to wait before asking again. `rate` in turns per
   * second.
   */
  reserve(rate: number, now: number): number {
    if (rate === Number.POSITIVE_INFINITY) return 0;
    const due = this.lastDue + SECOND_MS / rate;
    if (due > now) return due - now;
    this.forgetOld(now);
    const perSecond = Math.max(1, Math.floor(rate) + 1);
    const count = this.recent.length - this.first;
    if (count >= perSecond) return SECOND_MS - (now - this.recent[this.recent.length - perSecond]!);
    this.lastDue = Math.max(due, now - CATCH_UP_MS);
    this.recent.push(now);
    return 0;
  }

  private forgetOld(now: number): void {
    while (this.first < this.recent.length && now - this.recent[this.first]! >= SECOND_MS) this.first++;
    if (this.first < CUT_AT) return;
    this.recent = this.recent.slice(this.first);
    this.first = 0;
  }
}
