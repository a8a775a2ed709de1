import type { KnownRun } from "./record.ts";

type Span = Pick<KnownRun, "sinceMs" | "untilMs" | "elapsedMs">;

/** How long a run worked, ms: not by the wall clock, which may be changed meanwhile, except for runs of older versions. */
export function elapsedOf({ sinceMs, untilMs, elapsedMs }: Span): number {
  return elapsedMs ?? Math.max(0, untilMs - sinceMs);
}

/** How long at least one of the runs was at work, ms: gaps don't count, and overlaps count once. */
export function workedMs(runs: readonly Span[]): number {
  let worked = 0;
  let coveredTo = Number.NEGATIVE_INFINITY;
  for (const run of runs.toSorted((a, b) => a.sinceMs - b.sinceMs)) {
    const { sinceMs } = run;
    const untilMs = sinceMs + elapsedOf(run);
    worked += Math.max(0, untilMs - Math.max(sinceMs, coveredTo));
    coveredTo = Math.max(coveredTo, untilMs);
  }
  return worked;
}

/**
 * Messages that the runs recorded as sent, for computing a rate: what a killed run did after its last beat is in the
 * ledgers, but not in its time. Undefined when a run kept no counts.
 */
export function notedSends(runs: readonly Pick<KnownRun, "outcomes">[]): number | undefined {
  let sent = 0;
  for (const { outcomes } of runs) {
    if (!outcomes) return undefined;
    sent += outcomes.sent;
  }
  return sent;
}

/** No rate is computed for a shorter time. */
const SHORTEST_MS = 100;

/** Messages a second, to a tenth; null when that can't be told. */
export function ratePerSecond(sent: number, durationMs: number): number | null {
  return durationMs < SHORTEST_MS ? null : Math.round((sent / durationMs) * 10_000) / 10;
}
