import fc from "fast-check";
import { expect, test } from "vitest";
import { SeriesMeter } from "../../src/broadcast/series.ts";
import { niceTop } from "../../src/report/chart.ts";
import { planTimeline, rateOf, type TimedRun } from "../../src/report/timeline.ts";

const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0);

/** A run that sent as many messages in each of its seconds. */
function runOf(sinceMs: number, perSecond: readonly number[]): TimedRun {
  const meter = new SeriesMeter();
  let sent = 0;
  let series = meter.observe(0, { sent, rejected: 0, failed: 0, unknown: 0 });
  for (const [i, count] of perSecond.entries()) {
    sent += count;
    series = meter.observe((i + 1) * 1000, { sent, rejected: i, failed: 0, unknown: 0 });
  }
  const elapsedMs = perSecond.length * 1000;
  return { sinceMs, untilMs: sinceMs + elapsedMs, elapsedMs, series };
}

test("one run is one span with a column a second", () => {
  const [span, ...more] = planTimeline([runOf(5000, [3, 4, 5])]);
  expect(more).toEqual([]);
  expect(span).toMatchObject({ fromMs: 5000, toMs: 8000 });
  expect(span?.columns.map(({ sent }) => sent)).toEqual([3, 4, 5]);
});

test("runs side by side are added up", () => {
  const [span] = planTimeline([runOf(0, [10, 10, 10, 10]), runOf(2000, [5, 5, 5, 5])]);
  expect(span?.columns.map(({ sent }) => sent)).toEqual([10, 10, 15, 15, 5, 5]);
});

test("a short pause is drawn, a long one is cut out", () => {
  const ten = Array(10).fill(1);
  expect(planTimeline([runOf(0, ten), runOf(12_000, ten)])).toHaveLength(1);
  const spans = planTimeline([runOf(0, ten), runOf(3_600_000, ten)]);
  expect(spans.map(({ fromMs, toMs }) => [fromMs, toMs])).toEqual([
    [0, 10_000],
    [3_600_000, 3_610_000],
  ]);
});

test("without runs there is nothing; runs of older versions have time, but no figures", () => {
  expect(planTimeline([])).toEqual([]);
  const [span] = planTimeline([{ sinceMs: 0, untilMs: 2000 }]);
  expect(span?.columns.map(({ sent }) => sent)).toEqual([0, 0]);
});

test("what few messages a run of milliseconds sent is no rate of thousands", () => {
  const run = { sinceMs: 0, untilMs: 5, elapsedMs: 5, series: { stepMs: 1000, sent: [20], others: [0] } };
  const column = planTimeline([run])[0]!.columns[0]!;
  expect(rateOf(column.sent, column)).toBe(20);
});

test("for any runs: nothing is lost or made up, columns are bounded and adjoin, spans don't overlap", () => {
  const anyRun = fc
    .tuple(fc.nat(100_000_000), fc.array(fc.nat(500), { maxLength: 400 }))
    .map(([sinceMs, perSecond]) => runOf(sinceMs, perSecond));
  fc.assert(
    fc.property(fc.array(anyRun, { minLength: 1, maxLength: 12 }), (runs) => {
      const spans = planTimeline(runs);
      const columns = spans.flatMap((span) => span.columns);
      expect(columns.length).toBeLessThanOrEqual(120 + spans.length);
      expect(sum(columns.map(({ sent }) => sent))).toBeCloseTo(
        sum(runs.flatMap(({ series }) => series?.sent ?? [])),
        4,
      );
      expect(sum(columns.map(({ others }) => others))).toBeCloseTo(
        sum(runs.flatMap(({ series }) => series?.others ?? [])),
        4,
      );
      for (const { sent, others } of columns) expect(Math.min(sent, others)).toBeGreaterThanOrEqual(0);
      for (const [i, { fromMs, toMs, columns: own }] of spans.entries()) {
        expect(fromMs).toBeGreaterThan(spans[i - 1]?.toMs ?? -1);
        expect([own[0]?.fromMs, own.at(-1)?.toMs]).toEqual([fromMs, toMs]);
        for (const [k, column] of own.entries()) expect(column.fromMs).toBe(own[k - 1]?.toMs ?? fromMs);
      }
    }),
    { numRuns: 50 },
  );
});

test.each([
  [0, 1],
  [0.3, 0.3],
  [1, 1],
  [1.2, 1.5],
  [97, 100],
  [115, 150],
  [650, 800],
  [901, 1000],
])("the scale for %d ends at %d", (value, top) => {
  expect(niceTop(value)).toBeCloseTo(top, 9);
});
