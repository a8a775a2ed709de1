import fc from "fast-check";
import { expect, test } from "vitest";
import { MAX_BUCKETS, SeriesMeter } from "../../src/broadcast/series.ts";

const counts = (sent: number, rejected = 0, failed = 0, unknown = 0) => ({ sent, rejected, failed, unknown });
const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0);

test("a bucket a second has what came in that second", () => {
  const meter = new SeriesMeter();
  expect(meter.observe(0, counts(0))).toEqual({ stepMs: 1000, sent: [0], others: [0] });
  meter.observe(1000, counts(10, 1));
  meter.observe(2000, counts(30, 1, 2, 3));
  expect(meter.observe(2500, counts(31, 1, 2, 3))).toEqual({
    stepMs: 1000,
    sent: [10, 20, 1],
    others: [1, 5, 0],
  });
});

test("what came between two looks is spread over their time", () => {
  const meter = new SeriesMeter();
  meter.observe(500, counts(0));
  expect(meter.observe(3500, counts(30)).sent).toEqual([5, 10, 10, 5]);
});

test("when the buckets are used up, pairs are merged and the step doubles", () => {
  const meter = new SeriesMeter();
  for (let second = 1; second < MAX_BUCKETS; second++) meter.observe(second * 1000, counts(second * 7));
  expect(meter.observe(MAX_BUCKETS * 1000 - 1, counts(MAX_BUCKETS * 7)).sent).toHaveLength(MAX_BUCKETS);
  const merged = meter.observe(MAX_BUCKETS * 1000, counts(MAX_BUCKETS * 7));
  expect(merged.stepMs).toBe(2000);
  expect(merged.sent).toEqual([...Array(MAX_BUCKETS / 2).fill(14), 0]);
});

test("an unknown outcome that a receipt changes is taken back from the latest buckets, none of which falls below 0", () => {
  const meter = new SeriesMeter();
  meter.observe(1000, counts(5, 0, 0, 3));
  meter.observe(2000, counts(5, 0, 0, 4));
  expect(meter.observe(3000, counts(7, 1, 0, 1))).toMatchObject({ sent: [5, 0, 2, 0], others: [2, 0, 0, 0] });
});

test("for any sequence of looks: bounded, whole numbers, in time, and the sums are the counts", () => {
  const look = fc.record({
    afterMs: fc.oneof(fc.nat(3000), fc.nat(40_000_000)),
    sent: fc.nat(5000),
    rejected: fc.nat(50),
    failed: fc.nat(50),
    unknown: fc.integer({ min: -40, max: 50 }),
  });
  fc.assert(
    fc.property(fc.array(look, { maxLength: 300 }), (looks) => {
      const meter = new SeriesMeter();
      let atMs = 0;
      const so = counts(0);
      for (const { afterMs, ...more } of looks) {
        atMs += afterMs;
        for (const name of ["sent", "rejected", "failed", "unknown"] as const)
          so[name] = Math.max(0, so[name] + more[name]);
        const { stepMs, sent, others } = meter.observe(atMs, so);
        expect(sent.length).toBeLessThanOrEqual(MAX_BUCKETS);
        expect(others).toHaveLength(sent.length);
        expect((sent.length - 1) * stepMs).toBeLessThanOrEqual(atMs);
        expect(sent.length * stepMs).toBeGreaterThan(atMs);
        expect([...sent, ...others].every((count) => Number.isSafeInteger(count) && count >= 0)).toBe(true);
        expect(sum(sent)).toBe(so.sent);
        expect(sum(others)).toBe(so.rejected + so.failed + so.unknown);
      }
    }),
  );
});

test("merging moves nothing to another time: a coarse series is the fine one added up", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(100), { minLength: 130, maxLength: 700 }), (perSecond) => {
      const meter = new SeriesMeter();
      let sent = 0;
      let series = meter.observe(0, counts(0));
      for (const [second, count] of perSecond.entries()) {
        sent += count;
        series = meter.observe((second + 1) * 1000, counts(sent));
      }
      const size = series.stepMs / 1000;
      const expected = series.sent.map((_, i) => sum(perSecond.slice(i * size, (i + 1) * size)));
      expect(series.sent).toEqual(expected);
    }),
  );
});
