/** Something that has to be over in time. */
export interface Expiring {
  expire(): void;
}

/** How often the deadlines are looked at, as a part of them: they are kept that exactly. */
const LOOKS = 20;

/**
 * The deadlines of all requests in flight, which all last equally long: one timer for all, because a timer of its own
 * would cost each message more than a microsecond.
 */
export class Deadlines {
  readonly #lastsMs: number;
  /** In the order of their deadlines, because all last equally long. */
  readonly #ends = new Map<Expiring, number>();
  #timer: NodeJS.Timeout | undefined;
  #now = performance.now();

  constructor(lastsMs: number) {
    this.#lastsMs = lastsMs;
  }

  add(one: Expiring): void {
    if (!this.#timer) this.#start();
    // The clock is read at each look only; a request gets the time since the last look on top.
    this.#ends.set(one, this.#now + this.#lastsMs + this.#lastsMs / LOOKS);
  }

  delete(one: Expiring): void {
    this.#ends.delete(one);
  }

  #start(): void {
    this.#now = performance.now();
    this.#timer = setInterval(() => this.#look(), this.#lastsMs / LOOKS);
  }

  #look(): void {
    this.#now = performance.now();
    for (const [one, endMs] of this.#ends) {
      if (endMs > this.#now) break;
      one.expire();
    }
    if (this.#ends.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
