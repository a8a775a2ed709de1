import { describe, expect, test } from "vitest";
import {
  type Limits,
  type ModelPlatform,
  type ModelResult,
  minuteWindows,
  SteppedClock,
  seededChance,
  simulate,
  slidingMinute,
  tokenBucket,
} from "./rate-model.ts";

const MINUTES = 60;
/** A worker's request takes this long on average. */
const LATENCY_MS = 125;

/** Limits a minute for equal parts of the hour. */
function limitsOf(parts: number[]): Limits {
  const partMs = (MINUTES * 60_000) / parts.length;
  return (nowMs) => parts[Math.min(parts.length - 1, Math.floor(nowMs / partMs))]!;
}

function sum(counts: number[]): number {
  return counts.reduce((one, other) => one + other, 0);
}

/** An hour at a platform: what it took of what it would have taken, refusals a minute, refused sends of all. */
async function runAnHour(
  limits: Limits,
  platform: ModelPlatform,
  { seed = 1, runs = 1 }: { seed?: number; runs?: number } = {},
): Promise<ModelResult & { share: number; refusals: number; refusedShare: number }> {
  const chance = seededChance(seed);
  const clock = new SteppedClock(Date.UTC(2026, 10, 23, 12, 0, Math.floor(chance() * 60)), chance);
  const each = Array.from({ length: runs }, () => ({ concurrency: 8 / runs, latencyMs: LATENCY_MS }));
  const result = await simulate(clock, platform, each, MINUTES);
  const fastest = (8 * 60_000) / LATENCY_MS;
  let most = 0;
  for (let minute = 0; minute < MINUTES; minute++) most += Math.min(limits(minute * 60_000), fastest);
  const accepted = sum(result.accepted);
  return {
    ...result,
    share: accepted / most,
    refusals: sum(result.events) / MINUTES,
    refusedShare: sum(result.refused) / accepted,
  };
}

/** Down, up tenfold, and gone: what 3,840 sends a minute, as fast as these workers are, make of the hour. */
const CHANGING = limitsOf([300, 60, 600, Number.POSITIVE_INFINITY]);
const FALLING = limitsOf([1800, 180, 720, 1800]);

const PLATFORMS: [string, (limits: Limits) => ModelPlatform][] = [
  ["counts by minutes of the clock", (limits) => minuteWindows(limits)],
  ["has a bucket of 5 s and does not say when", (limits) => tokenBucket(limits, 5000, false)],
  ["has a bucket of a minute and says when", (limits) => tokenBucket(limits, 60_000, true)],
];

describe.each(PLATFORMS)("a platform that %s", (_, platformOf) => {
  test.each([
    ["changes", CHANGING],
    ["falls and rises", FALLING],
    ["is 600 a minute", limitsOf([600])],
    ["is 60 a minute", limitsOf([60])],
  ])("and whose limit %s is used to 90%% with a few refusals a minute", async (_, limits) => {
    for (const seed of [1, 2]) {
      const { share, refusals, refusedShare } = await runAnHour(limits, platformOf(limits), { seed });
      expect(share).toBeGreaterThan(0.9);
      expect(refusals).toBeLessThan(2);
      expect(refusedShare).toBeLessThan(0.05);
    }
  });
});

test("a clock that is off from the platform's costs no more than a tenth", async () => {
  const limits = limitsOf([600]);
  expect((await runAnHour(limits, minuteWindows(limits, 23_000))).share).toBeGreaterThan(0.9);
});

test("a platform that counts the last minute and asks for the next one is used by more than half", async () => {
  const limits = limitsOf([600]);
  const { share, refusals } = await runAnHour(limits, slidingMinute(limits));
  expect(share).toBeGreaterThan(0.6);
  expect(refusals).toBeLessThan(2);
});

test("one passing refusal costs a pause and no more", async () => {
  let left = 1;
  const passing: ModelPlatform = (nowMs) => (nowMs > 1000 && left-- > 0 ? 1000 : undefined);
  const { accepted } = await runAnHour(() => Number.POSITIVE_INFINITY, passing);
  expect(accepted[0]).toBeGreaterThan(3840 * 0.85);
  expect(accepted[3]).toBeGreaterThan(3840 * 0.95);
});

test("joined runs find it together: not so many times the limit, and not so many times the refusals", async () => {
  const limits = limitsOf([600]);
  const { share, refusedShare } = await runAnHour(limits, minuteWindows(limits), { runs: 4 });
  expect(share).toBeGreaterThan(0.9);
  expect(refusedShare).toBeLessThan(0.05);
});
