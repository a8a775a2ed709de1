import type { Clock } from "../clock.ts";

/**
 * Failures in a row that open the breaker once they have lasted for `FAILING_MS`. Fewer than the attempts of one
 * recipient, who may be the only one left; with 1,024 requests in flight, this many can fail within a millisecond.
 */
const FAILURES = 5;
const FAILING_MS = 250;
/**
 * This many in a row open it at once. A server that fails 30% at random has such a row once in 10^10 answers, one that
 * fails 60% once in 70,000. A row of five (once in 590 and in 30) lasts for 250 ms only where answers are rare.
 */
const MANY_FAILURES = 20;
/** Before the next try. Short at first, so that a false alarm costs little. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 15_000;
/** Time to climb from one request in flight back to all of them; after a shorter outage, the length of that outage. */
const LONGEST_CLIMB_MS = 3000;
const SHORTEST_CLIMB_MS = 100;
/**
 * Requests in flight before the API has given any proper answer: bounds the users affected if the server is not the
 * API.
 */
const FIRST_WINDOW = 5;
/** Further tries for an address that never answered like the API: about two seconds if it fails quickly. */
const FIRST_TRIES = 4;
/** When it fails slowly, one try after this time is enough. */
const FIRST_TRIES_MS = 15_000;

/** A recipient whose attempts don't count when the API was at fault. */
export interface Excusable {
  excused: number;
  /** Its failures may be caused by its own request, so none is excused. */
  isSuspect: boolean;
  /** Its request can't be repeated, so each failure may cost it the message. */
  onceOnly: boolean;
}

export interface Failure {
  reason: string;
  /** Describes a page that did not come from the API. */
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
 * Tracks for a whole run whether the API is up, and how many requests may be in flight. States: starting (few, until
 * something answers like the API), closed (all), open (single tries only, with growing pauses), climbing (more with
 * every answer). It only keeps the state; `gate.ts` acts on it.
 */
export class Breaker {
  /** Closed, and the last answer was a proper one: the only check on the fast path of a message. */
  isCalm = false;
  /** All requests are let through. */
  isClosed = false;
  isOpen = false;
  /** Something has answered like the API in this run, or in an earlier one of the broadcast. */
  isKnown = false;
  /** The last failure. */
  failure: Failure = { reason: "" };
  /** How many times it has opened; permission to send that was given before an opening is void. */
  openings = 0;
  /** Called when it opens. */
  onOpen = () => {};
  /** The run rests: what requests still in flight end with says nothing about the time after it. */
  private resting = false;
  private readonly clock: Clock;
  private readonly most: number;
  /** Recipients whose requests failed since the last proper answer. */
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

  /** `most`: requests in flight when the API is up. */
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

  /** Nothing at this address has answered like the API, and its tries are used up. */
  get isHopeless(): boolean {
    if (this.isKnown || !this.isOpen) return false;
    return this.tries >= FIRST_TRIES || (this.tries > 0 && this.downMs > FIRST_TRIES_MS);
  }

  get outages(): Outages {
    return { count: this.ended.count, ms: Math.round(this.ended.ms + this.downMs) };
  }

  /** Any answer that shows that the API is up, including a refusal. */
  answered(): void {
    this.isKnown = true;
    if (this.failing.length > 0) this.failing = [];
    if (this.isOpen) this.climb();
    else if (this.isClosed || this.climbingSince === undefined || this.hasClimbed()) this.close();
  }

  /** Busy, uncertain or unsent. `isApi`: the API itself said so. */
  failed(by: Excusable, failure: Failure, isApi: boolean): void {
    this.isCalm = false;
    this.failure = failure;
    if (isApi) this.isKnown = true;
    if (this.isOpen || this.resting) {
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

  /** Opens the breaker; tries begin after `waitMs` at the earliest. */
  trip(reason: string, waitMs = 0): void {
    this.failure = { reason };
    if (this.resting) return;
    if (!this.isOpen) this.open();
    this.pauseMs = Math.max(this.pauseMs, waitMs);
  }

  /** A try has failed. */
  tryFailed(): void {
    if (!this.isOpen) return;
    this.tries++;
    this.pause(this.tries);
  }

  /** A try was inconclusive: another may follow at once. */
  tryAgain(): void {
    this.pauseMs = 0;
  }

  /** Until `wake` it does not open, and an outage is not waited for; a few requests find out afterwards whether it is over. */
  rest(): void {
    this.resting = true;
    if (this.isOpen) this.climb();
  }

  wake(): void {
    this.resting = false;
  }

  private open(): void {
    const now = this.clock.monotonic();
    for (const each of this.failing) excuse(each);
    // An outage that returns during the climb counts as the same one.
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
