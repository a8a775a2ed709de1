/** An operation with a deadline. */
export interface Expiring {
  /** `deadline`: for the whole operation; `silence`: the other side has sent nothing for too long. */
  expire(why: "deadline" | "silence"): void;
}

/** Deadlines are checked this many times per duration, which determines their precision. */
const LOOKS = 20;

/**
 * The deadlines of all requests in flight, which all last equally long, and the maximum silence of each: one timer for
 * all, because a timer of its own would cost each message more than a microsecond. They are kept in reusable slots: with a
 * Map and an entry per message, the garbage collector took a fifth of all CPU time.
 *
 * Only time in which this process could have read an answer counts. While it is stopped (SIGSTOP, a closed lid, a paused
 * container) its clock advances by one step, and before each check the event loop reads what is waiting in the sockets.
 */
export class Deadlines {
  readonly #lastsMs: number;
  readonly #silenceMs: number;
  readonly #slots: (Expiring | undefined)[] = [];
  /** The deadline of the operation in each slot. */
  readonly #ends: number[] = [];
  /** When the maximum silence ends; Infinity before the request is written. */
  readonly #quietUntil: number[] = [];
  readonly #free: number[] = [];
  #timer: NodeJS.Timeout | undefined;
  #lookedAt = 0;
  #now = 0;

  constructor(lastsMs: number, silenceMs: number) {
    this.#lastsMs = lastsMs;
    this.#silenceMs = silenceMs;
  }

  /** Returns the slot, to be passed to `delete`. */
  add(one: Expiring): number {
    if (!this.#timer) this.#start();
    const slot = this.#free.pop() ?? this.#slots.length;
    this.#slots[slot] = one;
    this.#ends[slot] = this.#fromNow(this.#lastsMs);
    this.#quietUntil[slot] = Number.POSITIVE_INFINITY;
    return slot;
  }

  /** The request was written, or a part of its answer arrived. */
  hear(slot: number): void {
    this.#quietUntil[slot] = this.#fromNow(this.#silenceMs);
  }

  /** Must be called once for each `add`. */
  delete(slot: number): void {
    this.#slots[slot] = undefined;
    this.#free.push(slot);
  }

  get #stepMs(): number {
    return this.#lastsMs / LOOKS;
  }

  /** The clock is read only at each check; a request gets the time since the last check in addition. */
  #fromNow(ms: number): number {
    return this.#now + ms + this.#stepMs;
  }

  #start(): void {
    this.#lookedAt = performance.now();
    // The immediate runs after the sockets that are readable by now.
    this.#timer = setInterval(() => setImmediate(() => this.#look()), this.#stepMs);
  }

  #look(): void {
    const at = performance.now();
    this.#now += Math.min(at - this.#lookedAt, 2 * this.#stepMs);
    this.#lookedAt = at;
    for (const [slot, one] of this.#slots.entries()) {
      if (one && this.#ends[slot]! <= this.#now) one.expire("deadline");
      else if (one && this.#quietUntil[slot]! <= this.#now) one.expire("silence");
    }
    if (this.#free.length < this.#slots.length) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
