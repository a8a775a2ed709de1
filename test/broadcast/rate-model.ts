import { Pacer } from "../../src/broadcast/pacer.ts";
import type { QuotaWait } from "../../src/broadcast/refusal.ts";
import type { Clock } from "../../src/clock.ts";

const MINUTE_MS = 60_000;

/** Time that jumps from one thing that is due to the next, once everything that follows from the last one is done. */
export class SteppedClock implements Clock {
  private nowMs = 0;
  private readonly startMs: number;
  private readonly chance: () => number;
  /** A binary heap by time, then by order. */
  private readonly due: { at: number; order: number; run: () => void }[] = [];
  private order = 0;

  constructor(startMs: number, chance: () => number) {
    this.startMs = startMs;
    this.chance = chance;
  }

  now = () => Math.floor(this.startMs + this.nowMs);
  monotonic = () => this.nowMs + 77.5;
  random = () => this.chance();
  sleep = (ms: number) =>
    new Promise<void>((resolve) => this.after(Math.max(1, ms) + this.chance(), resolve));
  get elapsedMs() {
    return this.nowMs;
  }

  after(ms: number, run: () => void): void {
    const { due } = this;
    const item = { at: this.nowMs + ms, order: this.order++, run };
    let at = due.push(item) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(item, due[parent]!)) break;
      due[at] = due[parent]!;
      at = parent;
    }
    due[at] = item;
  }

  async runUntil(endMs: number): Promise<void> {
    for (;;) {
      // What waits for a promise comes first; nothing here is more than a few promises deep.
      for (let i = 0; i < 12; i++) await undefined;
      const next = this.due[0];
      if (next === undefined || next.at > endMs) return;
      this.pop();
      this.nowMs = next.at;
      next.run();
    }
  }

  private pop(): void {
    const { due } = this;
    const last = due.pop()!;
    if (due.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= due.length) break;
      if (child + 1 < due.length && isBefore(due[child + 1]!, due[child]!)) child++;
      if (!isBefore(due[child]!, last)) break;
      due[at] = due[child]!;
      at = child;
    }
    due[at] = last;
  }
}

function isBefore(a: { at: number; order: number }, b: { at: number; order: number }): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

/** The same numbers in [0, 1) for the same seed (mulberry32). */
export function seededChance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Judges a request at its arrival: undefined when it is accepted, else what the answer asks for. */
export type ModelPlatform = (nowMs: number, wallMs: number) => QuotaWait | undefined;

/** Limits a minute that follow each other for equal times; Infinity for none. */
export type Limits = (nowMs: number) => number;

/** Counts by minutes of wall time, which may be off from the sender's, and answers 45011. */
export function minuteWindows(limits: Limits, offMs = 0): ModelPlatform {
  let [window, used] = [-1, 0];
  return (nowMs, wallMs) => {
    const now = Math.floor((wallMs + offMs) / MINUTE_MS);
    if (now !== window) [window, used] = [now, 0];
    if (used >= limits(nowMs)) return "minute";
    used++;
    return undefined;
  };
}

/** A bucket that holds what comes in in `burstMs`, and answers 429: with Retry-After, or without (a second then). */
export function tokenBucket(limits: Limits, burstMs: number, saysWhen: boolean): ModelPlatform {
  let [level, filledMs] = [Number.POSITIVE_INFINITY, 0];
  return (nowMs) => {
    const perMs = limits(nowMs) / MINUTE_MS;
    const full = Math.max(1, perMs * burstMs);
    level = Math.min(full, perMs === Number.POSITIVE_INFINITY ? full : level + (nowMs - filledMs) * perMs);
    filledMs = nowMs;
    if (level >= 1) {
      level--;
      return undefined;
    }
    return saysWhen ? Math.max(1000, Math.ceil((1 - level) / perMs / 1000) * 1000) : 1000;
  };
}

/** At most so many in any minute, by a log of what was accepted; answers 45011. */
export function slidingMinute(limits: Limits): ModelPlatform {
  let log: number[] = [];
  let first = 0;
  return (nowMs) => {
    while (first < log.length && nowMs - log[first]! >= MINUTE_MS) first++;
    if (first > 100_000) [log, first] = [log.slice(first), 0];
    if (log.length - first >= limits(nowMs)) return "minute";
    log.push(nowMs);
    return undefined;
  };
}

export interface ModelRun {
  concurrency: number;
  latencyMs: number;
  rate?: number;
}

export interface ModelResult {
  /** Accepted, by minutes of the run. */
  accepted: number[];
  /** Refused sends. */
  refused: number[];
  /** Refusals, those that were in flight together counted once. */
  events: number[];
  /** The rate at the end of each minute. */
  levels: number[];
}

/** Drives real pacers against a platform for so long; `concurrency` workers a run, who always have somebody to send to. */
export async function simulate(
  clock: SteppedClock,
  platform: ModelPlatform,
  runs: ModelRun[],
  minutes: number,
): Promise<ModelResult> {
  const zeros = () => Array.from({ length: minutes }, () => 0);
  const result: ModelResult = { accepted: zeros(), refused: zeros(), events: zeros(), levels: zeros() };
  const endMs = minutes * MINUTE_MS;
  const pacers = runs.map(({ rate }) => new Pacer(clock, rate));
  const never = new AbortController().signal;
  const count = (list: number[]) => {
    const at = Math.min(minutes - 1, Math.floor(clock.elapsedMs / MINUTE_MS));
    list[at]!++;
  };
  const send = (pacer: Pacer, latencyMs: number, next: () => void) => {
    const turn = pacer.countSend();
    const way = latencyMs * (0.25 + clock.random() / 2);
    clock.after(way, () => {
      const wait = platform(clock.elapsedMs, clock.now());
      count(wait === undefined ? result.accepted : result.refused);
      clock.after(latencyMs * (0.25 + clock.random() / 2), () => {
        if (wait !== undefined) {
          const before = pacer.found?.refusals ?? 0;
          pacer.refuse(turn, wait);
          if ((pacer.found?.refusals ?? 0) !== before) count(result.events);
        }
        next();
      });
    });
  };
  for (const [i, { concurrency, latencyMs }] of runs.entries()) {
    const pacer = pacers[i]!;
    const next = () => {
      if (clock.elapsedMs >= endMs) return;
      if (pacer.mayWait) void pacer.take(never).then(() => send(pacer, latencyMs, next));
      else send(pacer, latencyMs, next);
    };
    for (let worker = 0; worker < concurrency; worker++) next();
  }
  // Beats: once a second, as the heartbeat has it.
  const beat = () => {
    for (const [i, pacer] of pacers.entries()) {
      pacer.share(pacers.length);
      for (const [j, other] of pacers.entries())
        if (i !== j && other.found) pacer.adopt(`r${j}`, other.found);
    }
    clock.after(1000, beat);
  };
  beat();
  for (let minute = 1; minute <= minutes; minute++) {
    await clock.runUntil(minute * MINUTE_MS);
    result.levels[minute - 1] = pacers[0]!.ratePerSec * 60;
  }
  return result;
}
