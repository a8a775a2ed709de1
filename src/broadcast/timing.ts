import type { Clock } from "../clock.ts";
import type { InHand } from "./in-hand.ts";
import { Rest } from "./rest.ts";
import {
  describeBeginning,
  formatTimeOfDay,
  isPastDeadline,
  isQuietAt,
  nextChange,
  type Schedule,
} from "./schedule.ts";

/** When a run may send: the state that `keep-hours.ts` and `begin.ts` maintain and the others look at. */
export class Timing {
  readonly schedule: Schedule;
  /** Recipients in hand who may not be sent to before the quiet hours end. */
  parked: InHand[] = [];
  /** Quiet hours, and whatever else the run waits for on purpose. */
  readonly rest: Rest;
  /** The run waits for the time to begin. */
  isAwaitingBeginning = false;
  private readonly clock: Clock;
  /** What the wall clock says holds from one of these times to the other, epoch ms. */
  private span = { quiet: false, fromMs: 0, toMs: 0 };
  private resting = false;
  private isStopped = false;
  private awakening = new AbortController();

  constructor(clock: Clock, schedule: Schedule = {}) {
    this.clock = clock;
    this.schedule = schedule;
    this.rest = new Rest(clock);
  }

  /** Nothing may be claimed or sent now. */
  get isQuiet(): boolean {
    return this.resting || this.isQuietByClock;
  }

  get isQuietByClock(): boolean {
    const { quietHours } = this.schedule;
    if (!quietHours) return false;
    const now = this.clock.now();
    // Computed again also after the clock was set back.
    if (now < this.span.fromMs || now >= this.span.toMs)
      this.span = { quiet: isQuietAt(quietHours, now), fromMs: now, toMs: nextChange(quietHours, now) };
    return this.span.quiet;
  }

  /** Until the wall clock reaches the next time that matters, ms; Infinity without any. */
  get untilNextMs(): number {
    const now = this.clock.now();
    const { quietHours, untilMs = Number.POSITIVE_INFINITY } = this.schedule;
    const change = quietHours ? nextChange(quietHours, now) : Number.POSITIVE_INFINITY;
    return Math.min(change, untilMs) - now;
  }

  get isPastDeadline(): boolean {
    return isPastDeadline(this.schedule, this.clock.now());
  }

  /** Aborts when quiet hours begin, and at a stop: for waits that end in a send. */
  get awake(): AbortSignal {
    return this.awakening.signal;
  }

  /** Why the run waits; undefined when it does not. */
  get waiting(): string | undefined {
    const { quietHours } = this.schedule;
    if (this.isAwaitingBeginning)
      return `scheduled for ${describeBeginning(this.schedule, this.clock.now())}`;
    if (!this.resting || !quietHours) return undefined;
    return `quiet hours until ${formatTimeOfDay(quietHours.to)} (${quietHours.timeZone})`;
  }

  /** Quiet from here on, whatever the clock says, until `endRest`. */
  beginRest(): void {
    this.resting = true;
    this.rest.begin();
    this.awakening.abort();
  }

  endRest(): void {
    this.rest.end();
    this.resting = false;
    if (!this.isStopped) this.awakening = new AbortController();
  }

  /** At a stop, nobody waits any longer. */
  takeParked(): InHand[] {
    this.isStopped = true;
    this.awakening.abort();
    return this.parked.splice(0);
  }
}
