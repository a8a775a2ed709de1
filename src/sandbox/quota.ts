/** A number of calls per window; windows follow the clock, like the platform's days and minutes. */
export class Quota {
  readonly #limit: number;
  readonly #windowMs: number;
  #window = -1;
  #used = 0;

  constructor(limit: number, windowMs: number) {
    this.#limit = limit;
    this.#windowMs = windowMs;
  }

  /** Takes one; returns whether there was one left. */
  take(nowMs: number): boolean {
    if (this.usedAt(nowMs) >= this.#limit) return false;
    this.#used += 1;
    return true;
  }

  /** How many were taken in the window that contains this time. */
  usedAt(nowMs: number): number {
    const window = Math.floor(nowMs / this.#windowMs);
    if (window !== this.#window) {
      this.#window = window;
      this.#used = 0;
    }
    return this.#used;
  }
}
