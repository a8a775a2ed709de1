import { expect, test } from "vitest";
import { backoffMs } from "../../src/broadcast/backoff.ts";
import { FakeClock } from "./fake-clock.ts";

function backoffs(chance: number): number[] {
  const clock = new FakeClock();
  clock.chance = chance;
  return [1, 2, 3, 4, 5, 6, 7, 8, 20, 2000].map((attempts) => backoffMs(attempts, clock));
}

test("doubles with every attempt, up to ten seconds", () => {
  expect(backoffs(0.999999).map(Math.round)).toEqual([
    ...[200, 400, 800, 1600, 3200, 6400],
    ...[10_000, 10_000, 10_000, 10_000],
  ]);
});

test("spreads over half of that, so that retries come apart", () => {
  const least = backoffs(0);
  for (const [i, most] of backoffs(0.999999).entries()) expect(least[i]! * 2).toBeCloseTo(most, 0);
});

test("does not fail on a recipient without an attempt", () => {
  expect(backoffMs(0, new FakeClock())).toBe(150);
});
