/** Something that has to be over in time. */
export interface Expiring {
  expire(): void;
}

/** How often the deadlines are looked at, as a part of them: they are kept that exactly. */
const LOOKS = 20;

/**
 * The deadlines of all requests in flight, which all last equally long: one timer for all, because a timer of its own
 * would cost each message more than a microsecond. They stand in slots that are used again: a Map with an entry a message
 * made the garbage collector's work a fifth of all CPU time.
 */
export class Deadlines {
  readonly #lastsMs: number;
  readonly #slots: (Expiring | undefined)[] = [];
  /** When the one in each slot has to be over. */
  readonly #ends: number[] = [];
  readonly #free: number[] = [];
  #timer: NodeJS.Timeout | undefined;
  #now = performance.now();

  constructor(lastsMs: number) {
    this.#lastsMs = lastsMs;
  }

  /** Returns the slot to be given back with `delete`. */
  add(one: Expiring): number {
    if (!this.#timer) this.#start();
    const slot = this.#free.pop() ?? this.#slots.length;
    this.#slots[slot] = one;
    // The clock is read at each look only; a request gets the time since the last look on top.
    this.#ends[slot] = this.#now + this.#lastsMs + this.#lastsMs / LOOKS;
    return slot;
  }

  /** To be called once for each `add`. */
  delete(slot: number): void {
    this.#slots[slot] = undefined;
    this.#free.push(slot);
  }

  #start(): void {
    this.#now = performance.now();
    this.#timer = setInterval(() => this.#look(), this.#lastsMs / LOOKS);
  }

  #look(): void {
    this.#now = performance.now();
    for (const [slot, one] of this.#slots.entries()) {
      if (one && this.#ends[slot]! <= this.#now) one.expire();
    }
    if (this.#free.length < this.#slots.length) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
