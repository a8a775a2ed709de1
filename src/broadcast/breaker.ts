import type { Clock } from "../clock.ts";

/**
 * Failures in a row that open the breaker, once they have lasted for `FAILING_MS`: fewer than the attempts of one
 * recipient, who may be the only one left. At 1,024 requests in flight they come within a millisecond now and then.
 */
const FAILURES = 5;
const FAILING_MS = 250;
/**
 * So many in a row open it at once. A server that fails 30% at random has such a row once in 10^10 answers, one that
 * fails 60% once in 70,000; a row of five (once in 590 and in 30) lasts for 250 ms only where answers are few anyway.
 */
const MANY_FAILURES = 20;
/** Before another try: short at first, because an outage that is none should cost nothing. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 15_000;
/** From one request in flight back to all of them; after an outage that was shorter, as long as that was. */
const LONGEST_CLIMB_MS = 3000;
const SHORTEST_CLIMB_MS = 100;
/** Requests in flight before the API has given any proper answer: so many users at most are met by what is no API. */
const FIRST_WINDOW = 5;
/** Tries after those that an address gets which never answered like the API: about two seconds, if it fails quickly. */
const FIRST_TRIES = 4;
/** When it fails slowly, one try after this time is enough. */
const FIRST_TRIES_MS = 15_000;

/** Somebody whose attempts don't count when it was the API that failed. */
export interface Excusable {
  excused: number;
  /** Its failures may be its own: none is excused. */
  isSuspect: boolean;
  /** Each failure may cost this one the message, for it can't be repeated. */
  onceOnly: boolean;
}

export interface Failure {
  reason: string;
  /** What a page that is not the API's says of itself. */
  page?: string | undefined;
  /** What the operator can do. */
  hint?: string | undefined;
}

/** How often the API was down in a run, and for how long altogether. */
export interface Outages {
  count: number;
  ms: number;
}

/**
 * Whether the API is there, for a whole run: counts answers that are none, and says how many requests may be in flight.
 * Starting (few, until something answers like the API), closed (all), open (none but single tries, with growing pauses),
 * climbing (more with every answer). It only counts and tells the time; `gate.ts` acts on it.
 */
export class Breaker {
  /** Closed, and the last answer was a proper one: nothing to note of another. The one thing that a message asks. */
  isCalm = false;
  /** Nothing is held back. */
  isClosed = false;
  isOpen = false;
  /** Something has answered like the API in this run, or in an earlier one of the broadcast. */
  isKnown = false;
  /** The last failure. */
  failure: Failure = { reason: "" };
  /** How many times it has opened: what was let through before is let through no more. */
  openings = 0;
  /** Called when it opens. */
  onOpen = () => {};
  private readonly clock: Clock;
  private readonly most: number;
  /** Those whose requests failed since the last proper answer. */
  private failing: Excusable[] = [];
  private failingSince = 0;
  private openedAt = 0;
  private triedAt = 0;
  private pauseMs = 0;
  private tries = 0;
  private climbingSince: number | undefined;
  private climbMs = 0;
  private climbed = 0;
  private ended: Outages = { count: 0, ms: 0 };

  /** `most`: requests in flight when all is well. */
  constructor(clock: Clock, most: number) {
    this.clock = clock;
    this.most = most;
  }

  /** Requests that may be in flight. */
  get window(): number {
    if (this.isClosed) return this.most;
    if (this.isOpen) return 0;
    if (this.climbingSince === undefined)
      return Math.min(this.most, Math.max(1, FIRST_WINDOW - this.failing.length));
    const share = (this.clock.monotonic() - this.climbingSince) / this.climbMs;
    return Math.max(1, Math.min(this.most, this.climbed, Math.ceil(this.most * share)));
  }

  /** How long the API has been down, ms; 0 when it is not. */
  get downMs(): number {
    return this.isOpen ? this.clock.monotonic() - this.openedAt : 0;
  }

  /** Until it may be tried again, ms. */
  get untilTryMs(): number {
    return Math.max(0, this.triedAt + this.pauseMs - this.clock.monotonic());
  }

  /** The address has had its chance, and nothing there answered like the API. */
  get isHopeless(): boolean {
    if (this.isKnown || !this.isOpen) return false;
    return this.tries >= FIRST_TRIES || (this.tries > 0 && this.downMs > FIRST_TRIES_MS);
  }

  get outages(): Outages {
    return { count: this.ended.count, ms: Math.round(this.ended.ms + this.downMs) };
  }

  /** An answer that shows that the API is there, a refusal too. */
  answered(): void {
    this.isKnown = true;
    if (this.failing.length > 0) this.failing = [];
    if (this.isOpen) this.climb();
    else if (this.isClosed || this.climbingSince === undefined || this.hasClimbed()) this.close();
  }

  /** Busy, uncertain or unsent. `isApi`: it is the API that says so. */
  failed(by: Excusable, failure: Failure, isApi: boolean): void {
    this.isCalm = false;
    this.failure = failure;
    if (isApi) this.isKnown = true;
    if (this.isOpen) {
      excuse(by);
      return;
    }
    const now = this.clock.monotonic();
    if (this.failing.length === 0) this.failingSince = now;
    this.failing.push(by);
    const count = this.failing.length;
    const isLong = by.onceOnly || !this.isKnown || now - this.failingSince >= FAILING_MS;
    if (count >= MANY_FAILURES || (count >= FAILURES && isLong)) this.open();
  }

  /** Nothing can be sent now; tries begin after `waitMs` at the earliest. */
  trip(reason: string, waitMs = 0): void {
    this.failure = { reason };
    if (!this.isOpen) this.open();
    this.pauseMs = Math.max(this.pauseMs, waitMs);
  }

  /** A try has failed. */
  tryFailed(): void {
    if (!this.isOpen) return;
    this.tries++;
    this.pause(this.tries);
  }

  /** A try has found nothing out: another may follow at once. */
  tryAgain(): void {
    this.pauseMs = 0;
  }

  private open(): void {
    const now = this.clock.monotonic();
    for (const each of this.failing) excuse(each);
    // One that comes back before the climb was over has not ended.
    if (this.climbingSince === undefined) this.ended.count++;
    this.openedAt = this.failing.length > 0 ? this.failingSince : now;
    this.failing = [];
    this.climbingSince = undefined;
    this.isCalm = false;
    this.isClosed = false;
    this.isOpen = true;
    this.openings++;
    this.tries = 0;
    this.pause(0);
    this.onOpen();
  }

  private pause(tries: number): void {
    const full = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** tries);
    this.triedAt = this.clock.monotonic();
    this.pauseMs = full / 2 + (full / 2) * this.clock.random();
  }

  private climb(): void {
    const { downMs } = this;
    this.ended.ms += downMs;
    this.isOpen = false;
    this.climbMs = Math.min(LONGEST_CLIMB_MS, Math.max(SHORTEST_CLIMB_MS, downMs));
    this.climbingSince = this.clock.monotonic();
    this.climbed = 2;
    if (this.most === 1) this.close();
  }

  private hasClimbed(): boolean {
    this.climbed++;
    return this.window >= this.most;
  }

  private close(): void {
    this.climbingSince = undefined;
    this.isClosed = true;
    this.isCalm = true;
  }
}

function excuse(by: Excusable): void {
  if (!by.isSuspect) by.excused++;
}
