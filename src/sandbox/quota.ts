/** So many calls a window; windows follow the clock, as the platform's days and minutes do. */
export class Quota {
  readonly #limit: number;
  readonly #windowMs: number;
  #window = -1;
  #used = 0;

  constructor(limit: number, windowMs: number) {
    this.#limit = limit;
    this.#windowMs = windowMs;
  }

  /** Whether there was one left to take. */
  take(nowMs: number): boolean {
    if (this.usedAt(nowMs) >= this.#limit) return false;
    this.#used += 1;
    return true;
  }

  /** How many were taken in the window of that time. */
  usedAt(nowMs: number): number {
    const window = Math.floor(nowMs / this.#windowMs);
    if (window !== this.#window) {
      this.#window = window;
      this.#used = 0;
    }
    return this.#used;
  }
}
