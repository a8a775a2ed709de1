/** Something that has to be over in time. */
export interface Expiring {
  /** `deadline`: as a whole; `silence`: the other side has said nothing for too long. */
  expire(why: "deadline" | "silence"): void;
}

/** How often the deadlines are looked at, as a part of them: they are kept that exactly. */
const LOOKS = 20;

/**
 * The deadlines of all requests in flight, which all last equally long, and the silence that each may meet: one timer for
 * all, because a timer of its own would cost each message more than a microsecond. They stand in slots that are used
 * again: a Map with an entry a message made the garbage collector's work a fifth of all CPU time.
 *
 * Their time is that in which this process could have read an answer. While it is stopped (SIGSTOP, a closed lid, a paused
 * container) its clock goes on by one step, and before each look the event loop reads what lies in the sockets.
 */
export class Deadlines {
  readonly #lastsMs: number;
  readonly #silenceMs: number;
  readonly #slots: (Expiring | undefined)[] = [];
  /** When the one in each slot has to be over. */
  readonly #ends: number[] = [];
  /** By when something has to be heard for it; Infinity before its request is written. */
  readonly #quietUntil: number[] = [];
  readonly #free: number[] = [];
  #timer: NodeJS.Timeout | undefined;
  #lookedAt = 0;
  #now = 0;

  constructor(lastsMs: number, silenceMs: number) {
    this.#lastsMs = lastsMs;
    this.#silenceMs = silenceMs;
  }

  /** Returns the slot to be given back with `delete`. */
  add(one: Expiring): number {
    if (!this.#timer) this.#start();
    const slot = this.#free.pop() ?? this.#slots.length;
    this.#slots[slot] = one;
    this.#ends[slot] = this.#fromNow(this.#lastsMs);
    this.#quietUntil[slot] = Number.POSITIVE_INFINITY;
    return slot;
  }

  /** Its request was written, or something of its answer came. */
  hear(slot: number): void {
    this.#quietUntil[slot] = this.#fromNow(this.#silenceMs);
  }

  /** To be called once for each `add`. */
  delete(slot: number): void {
    this.#slots[slot] = undefined;
    this.#free.push(slot);
  }

  get #stepMs(): number {
    return this.#lastsMs / LOOKS;
  }

  /** The clock is read at each look only; a request gets the time since the last look on top. */
  #fromNow(ms: number): number {
    return this.#now + ms + this.#stepMs;
  }

  #start(): void {
    this.#lookedAt = performance.now();
    // The immediate comes after the sockets that are readable by now.
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
