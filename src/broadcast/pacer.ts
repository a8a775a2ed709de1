import type { Clock } from "../clock.ts";
import { RateLevel } from "./rate-level.ts";
import { type QuotaWait, Refusal, type Seen } from "./refusal.ts";
import { SendMeter } from "./send-meter.ts";
import { Turns } from "./turns.ts";

const MINUTE_MS = 60_000;
/** How often a wait is computed again: a pause may get shorter, and a rate rises. */
const LOOK_MS = 1000;

/** The period over which the speed is measured that `slow` halves. */
const SPEED_MS = 2000;

/** The rate that a run found, for concurrent and later runs. Kept with its counts. */
export interface FoundRate {
  /** How often a quota was used up under this run. */
  refusals: number;
  /** What the platform seems to allow all runs of the broadcast together, in sends a second. */
  perSec: number;
}

/**
 * Spaces sends evenly: in any second at most the rate plus one. Without a rate it lets everything through until the
 * platform refuses; then it pauses, continues slightly below the accepted rate, and climbs again. All pauses of a run
 * happen here. Uses the monotonic clock, so that changing the clock affects no pause.
 */
export class Pacer {
  private readonly clock: Clock;
  private readonly rate: number;
  private readonly startRate: number | undefined;
  private readonly turns = new Turns();
  private readonly level = new RateLevel();
  private readonly meter = new SendMeter();
  /** When the first send went out. */
  private startedMs: number | undefined;
  private queue: Promise<void> = Promise.resolve();
  private processes = 1;
  private sends = 0;
  /** How often a quota was used up under this run. */
  refusals = 0;
  /** The newest send when the rate was halved last. */
  private slowedAt = 0;
  private refusal: Refusal | undefined;
  private pausedUntilMs = Number.NEGATIVE_INFINITY;
  /** The refusals of other runs that this one knows of. */
  private readonly known = new Map<string, number>();

  /**
   * `rate` in sends a second, fractions allowed; Infinity for none. `startRate`: the initial rate where there is none,
   * for platforms that penalize bursts; it climbs from there.
   */
  constructor(clock: Clock, rate = Number.POSITIVE_INFINITY, startRate?: number) {
    this.clock = clock;
    this.rate = rate;
    this.startRate = startRate;
    if (startRate !== undefined && rate === Number.POSITIVE_INFINITY)
      this.level.set(startRate, clock.monotonic());
  }

  /** Whether `take` may have to wait; checking first saves a promise per send. */
  get mayWait(): boolean {
    return this.rate !== Number.POSITIVE_INFINITY || this.level.isKnown || this.isPaused;
  }

  private get isPaused(): boolean {
    return this.refusal !== undefined && this.pauseLeftMs > 0;
  }

  /** The rest of the run's pause, ms; 0 when it is not paused. */
  get pauseLeftMs(): number {
    return Math.max(0, this.pausedUntilMs - this.clock.monotonic());
  }

  /** Sends per second of all runs together: the given rate, or less where the platform refused. */
  get ratePerSec(): number {
    return Math.min(this.rate, this.level.at(this.clock.monotonic()));
  }

  /** Undefined unless the platform has refused a send of this run recently. */
  get found(): FoundRate | undefined {
    const perSec = this.level.at(this.clock.monotonic());
    return perSec === Number.POSITIVE_INFINITY ? undefined : { refusals: this.refusals, perSec };
  }

  /** Divides the rate among this number of processes. */
  share(processes: number): void {
    this.processes = Math.max(1, processes);
  }

  /** Treats another run's refusals as this run's own: the lower of the two rates applies to both. */
  adopt(runId: string, { refusals, perSec }: FoundRate): void {
    if (refusals <= (this.known.get(runId) ?? 0)) return;
    this.known.set(runId, refusals);
    const now = this.clock.monotonic();
    if (perSec < this.level.at(now)) this.level.set(perSec, Math.max(now, this.pausedUntilMs));
  }

  /** To be called for each send; returns its number, which tells a new refusal from those before. */
  countSend(): number {
    const nowMs = this.clock.monotonic();
    this.startedMs ??= nowMs;
    this.meter.add(nowMs, 1);
    return ++this.sends;
  }

  /** The platform refused this send because there were too many: pauses, and lowers the rate. */
  refuse(turn: number, wait: QuotaWait): void {
    if (!this.refusal || !(this.isPaused || this.refusal.covers(turn))) {
      this.refusal = new Refusal(wait, this.seen(), this.meter, this.refusal);
      this.refusals++;
    }
    this.refusal.add(turn, wait, this.clock.monotonic());
    this.pausedUntilMs = this.refusal.pauseEndMs;
    this.level.set(this.refusal.level, this.pausedUntilMs);
  }

  /**
   * The platform was too busy for this send: halves the rate, once for all sends in flight with it, and climbs again,
   * without a pause. Only for runs with a `startRate`.
   */
  slow(turn: number): void {
    if (this.startRate === undefined || turn <= this.slowedAt) return;
    this.slowedAt = this.sends;
    this.refusals++;
    const nowMs = this.clock.monotonic();
    const level = Math.min(this.rate, this.level.at(nowMs), this.speedAt(nowMs) * this.processes);
    // A busy platform at the initial rate is not caused by the run: going slower would not help.
    this.level.set(Math.max(level / 2, Math.min(this.startRate, this.rate)), nowMs);
  }

  /** The present number of sends per second. */
  private speedAt(nowMs: number): number {
    const spanMs = Math.min(SPEED_MS, Math.max(1, nowMs - (this.startedMs ?? nowMs)));
    return (this.meter.between(nowMs - spanMs, nowMs) * 1000) / spanMs;
  }

  /** Waits for this caller's turn, or until the signal aborts. Callers are served in order. */
  take(signal: AbortSignal): Promise<void> {
    this.queue = this.queue.then(() => this.wait(signal));
    return this.queue;
  }

  private seen(): Seen {
    const nowMs = this.clock.monotonic();
    return {
      nowMs,
      minuteStartMs: nowMs - (this.clock.now() % MINUTE_MS),
      startedMs: this.startedMs ?? nowMs,
      turn: this.sends,
      level: this.level.at(nowMs),
      processes: this.processes,
    };
  }

  private async wait(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const wait =
        this.pauseLeftMs || this.turns.reserve(this.ratePerSec / this.processes, this.clock.monotonic());
      if (wait <= 0) return;
      await this.clock.sleep(Math.min(wait, LOOK_MS), signal);
    }
  }
}
