import { elapsedOf } from "../broadcast/pace.ts";
import type { KnownRun } from "../broadcast/record.ts";

export type TimedRun = Pick<KnownRun, "sinceMs" | "untilMs" | "elapsedMs" | "series">;

/** A time without a longer pause in it. */
export interface Span {
  fromMs: number;
  toMs: number;
  /** Of equal length, without gaps. */
  columns: Column[];
}

/** What all runs together settled in a part of a span; fractions, where a bucket reaches over an edge. */
export interface Column {
  fromMs: number;
  toMs: number;
  sent: number;
  others: number;
}

/** Of all spans together. */
const MAX_COLUMNS = 120;
/** A pause that is longer than this part of the time at work is cut out of the chart. */
const LONGEST_PAUSE = 0.15;
const MIN_MS = 1000;

/** When runs were at work, with their series put into columns of one length. Empty without runs. */
export function planTimeline(runs: readonly TimedRun[]): Span[] {
  const spans = spansOf(runs.map(lifeOf));
  const drawnMs = spans.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
  const coarsest = Math.max(MIN_MS, ...runs.map(({ series }) => series?.stepMs ?? 0));
  const columnMs = Math.max(coarsest, drawnMs / MAX_COLUMNS);
  const filled = spans.map((life) => withColumns(life, columnMs));
  for (const run of runs) addSeries(filled, run);
  return filled;
}

interface Life {
  fromMs: number;
  toMs: number;
}

/** From its beginning to its last beat, with the time in which it waited on purpose; never shorter than its work. */
export function lifeOf(run: TimedRun): Life {
  return { fromMs: run.sinceMs, toMs: Math.max(run.untilMs, run.sinceMs + Math.max(1, elapsedOf(run))) };
}

/** Lives that overlap, or are close to each other, make one span. */
function spansOf(lives: readonly Life[]): Life[] {
  const worked = join(lives, 0).reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
  return join(lives, worked * LONGEST_PAUSE);
}

function join(lives: readonly Life[], pauseMs: number): Life[] {
  const joined: Life[] = [];
  for (const { fromMs, toMs } of lives.toSorted((a, b) => a.fromMs - b.fromMs)) {
    const last = joined.at(-1);
    if (last && fromMs - last.toMs <= pauseMs) last.toMs = Math.max(last.toMs, toMs);
    else joined.push({ fromMs, toMs });
  }
  return joined;
}

function withColumns({ fromMs, toMs }: Life, columnMs: number): Span {
  const count = Math.max(1, Math.floor((toMs - fromMs) / columnMs));
  const edge = (i: number) => fromMs + ((toMs - fromMs) * i) / count;
  const columns = Array.from({ length: count }, (_, i) => ({
    fromMs: edge(i),
    toMs: edge(i + 1),
    sent: 0,
    others: 0,
  }));
  return { fromMs, toMs, columns };
}

/** Spreads each bucket evenly over the columns that it reaches into. The last one ends with its run. */
function addSeries(spans: readonly Span[], run: TimedRun): void {
  const { series } = run;
  const life = lifeOf(run);
  const span = spans.find(({ fromMs, toMs }) => fromMs <= life.fromMs && life.toMs <= toMs);
  if (!series || !span) return;
  const columnMs = (span.toMs - span.fromMs) / span.columns.length;
  const placeOf = (ms: number) =>
    Math.min(span.columns.length - 1, Math.max(0, Math.floor((ms - span.fromMs) / columnMs)));
  for (const [i, sent] of series.sent.entries()) {
    // What came at the very end may lie in a bucket that would begin after it.
    const fromMs = Math.min(life.fromMs + i * series.stepMs, life.toMs - 1);
    const toMs = Math.max(fromMs + 1, Math.min(life.fromMs + (i + 1) * series.stepMs, life.toMs));
    const [first, last] = [placeOf(fromMs), placeOf(toMs)];
    const inside = (at: number) => {
      const { fromMs: left, toMs: right } = span.columns[at]!;
      return Math.max(0, Math.min(right, toMs) - Math.max(left, fromMs));
    };
    let coveredMs = 0;
    for (let at = first; at <= last; at++) coveredMs += inside(at);
    for (let at = first; at <= last; at++) {
      const share = coveredMs > 0 ? inside(at) / coveredMs : Number(at === first);
      span.columns[at]!.sent += sent * share;
      span.columns[at]!.others += (series.others[i] ?? 0) * share;
    }
  }
}

/** Messages a second of a column. */
export function rateOf(count: number, { fromMs, toMs }: Column): number {
  // In less than that, a few messages would look like a peak.
  return (count * 1000) / Math.max(MIN_MS, toMs - fromMs);
}
