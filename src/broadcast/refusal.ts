import type { SendMeter } from "./send-meter.ts";

const SECOND_MS = 1000;
const MINUTE_MS = 60_000;
/** The pause when nothing was accepted since the last one; doubles each time. */
const AGAIN_MS = 1000;
const MAX_AGAIN_MS = 30_000;
/** A run that began at most this late in a minute has seen all of that minute's quota. */
const MISSED_MS = 1000;
/** If less than this part of the expected sends is accepted, the minute is not the platform's minute. */
const SCANT = 0.05;
/** Fewer accepted sends than this say little about a limit: others may have used it up. */
const TELLING = 50;
/**
 * The part of the accepted sends that is taken as the limit: a minute's count is exact, a rate measured on the way is
 * not.
 */
const OF_MINUTE = 0.98;
const OF_MEASURED = 0.95;
/** Few accepted sends lower the rate to no less than this part of it. */
const MIN_PART = 0.25;
/** The shortest time over which a run's speed is measured. */
const SHORTEST_MS = 100;

/** How long a refusal asks to wait: until the next minute of wall time, or a number of ms. */
export type QuotaWait = "minute" | number;

/** The pacer's state when a refusal arrives. */
export interface Seen {
  nowMs: number;
  /** Start of the minute of wall time, on the monotonic clock. */
  minuteStartMs: number;
  /** When the run began to send. */
  startedMs: number;
  /** Sends so far. */
  turn: number;
  /** The rate of all runs together, per second. */
  level: number;
  /** Runs that share it. */
  processes: number;
}

/** A used-up quota: one refusal, and those of the requests that were in flight with it. */
export class Refusal {
  /** The end of the pause that the platform asked for. */
  private askedMs: number;
  private refused = 0;
  private lastTurn: number;
  private readonly seen: Seen;
  private readonly isMinute: boolean;
  private readonly meter: SendMeter;
  /** What was accepted counts from here. */
  private readonly fromMs: number;
  private readonly fromTurn: number;
  /** Refusals before this one since which nothing had been accepted. */
  private readonly row: number;

  constructor(wait: QuotaWait, seen: Seen, meter: SendMeter, before: Refusal | undefined) {
    this.seen = seen;
    this.lastTurn = seen.turn;
    this.meter = meter;
    this.isMinute = wait === "minute";
    this.askedMs = wait === "minute" ? seen.minuteStartMs + MINUTE_MS : seen.nowMs + wait;
    this.fromMs = before?.pauseEndMs ?? seen.startedMs;
    this.fromTurn = before?.lastTurn ?? 0;
    this.row = before === undefined ? 0 : before.isAgain ? before.row + 1 : 1;
  }

  /** Whether the request of that turn was in flight when the refusal came. */
  covers(turn: number): boolean {
    return turn <= this.lastTurn;
  }

  /** Adds a further refusal, including one of a request that was sent as the pause began. */
  add(turn: number, wait: QuotaWait, nowMs: number): void {
    this.lastTurn = Math.max(this.lastTurn, turn);
    this.refused++;
    this.meter.add(this.seen.nowMs, -1);
    if (wait !== "minute") this.askedMs = Math.max(this.askedMs, nowMs + wait);
  }

  /**
   * A platform that refuses right after a pause counts from a different moment than assumed: then the pauses are short
   * and double each time.
   */
  get pauseEndMs(): number {
    if (this.row === 0 || !this.isAgain) return this.askedMs;
    const again = this.seen.nowMs + Math.min(MAX_AGAIN_MS, AGAIN_MS * 2 ** (this.row - 1));
    return this.isMinute ? Math.min(this.askedMs, again) : Math.max(this.askedMs, again);
  }

  /** The rate to continue with, per second and for all runs together. */
  get level(): number {
    const { level, nowMs, processes } = this.seen;
    if (this.accepted <= 0) return level;
    const allowed = this.allowed();
    if (this.accepted * processes >= TELLING) return Math.min(allowed, level * OF_MEASURED);
    const spanMs = Math.max(SHORTEST_MS, nowMs - this.fromMs);
    const speed = ((this.lastTurn - this.fromTurn) * processes * SECOND_MS) / spanMs;
    return Math.min(Math.max(allowed, Math.min(level, speed) * MIN_PART), level * OF_MEASURED);
  }

  /** Hardly anything was accepted since the last pause. */
  private get isAgain(): boolean {
    const { level, processes } = this.seen;
    const minute = (level / processes) * (MINUTE_MS / SECOND_MS);
    return this.accepted <= (this.isMinute ? minute * SCANT : 0);
  }

  private get accepted(): number {
    return this.lastTurn - this.fromTurn - this.refused;
  }

  private allowed(): number {
    const { nowMs, minuteStartMs, startedMs, processes } = this.seen;
    // Windows that follow the minutes, or slide: either way the last 60 s hold about what a minute allows.
    if (this.isMinute && startedMs <= Math.max(minuteStartMs + MISSED_MS, nowMs - MINUTE_MS)) {
      const accepted = this.meter.between(nowMs - MINUTE_MS, nowMs);
      return (accepted * processes * OF_MINUTE * SECOND_MS) / MINUTE_MS;
    }
    const fromMs = Math.max(this.fromMs, nowMs - MINUTE_MS);
    const accepted = this.fromMs === fromMs ? this.accepted : this.meter.between(fromMs, nowMs);
    return (accepted * processes * OF_MEASURED * SECOND_MS) / Math.max(SECOND_MS, nowMs - fromMs);
  }
}
