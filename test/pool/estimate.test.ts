import { describe, expect, it } from "vitest";
import { Counter, estimate } from "../../src/pool/estimate.ts";
import { drawSample } from "../../src/pool/sample.ts";

/** Chance that is the same in every run. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

async function* pagesOf(openIds: string[], size = 37): AsyncGenerator<string[]> {
  for (let at = 0; at < openIds.length; at += size) yield openIds.slice(at, at + size);
}

const TOTAL = 3000;
const openIds = Array.from({ length: TOTAL }, (_, i) => String(i));

describe("drawSample", () => {
  it("draws different openIds of all pages and counts them all", async () => {
    const { openIds: drawn, total } = await drawSample(pagesOf(openIds), 200, chance(1));
    expect(total).toBe(TOTAL);
    expect(new Set(drawn).size).toBe(200);
    expect(openIds).toEqual(expect.arrayContaining(drawn));
  });

  it("takes everything there is when that is fewer", async () => {
    const { openIds: drawn, total } = await drawSample(pagesOf(openIds), 5000, chance(1));
    expect([drawn.length, total]).toEqual([TOTAL, TOTAL]);
    expect(await drawSample(pagesOf([]), 5, chance(1))).toEqual({ openIds: [], total: 0 });
  });

  it("gives everybody the same chance, early or late", async () => {
    const hits = new Array(100).fill(0);
    const few = openIds.slice(0, 100);
    const random = chance(7);
    for (let run = 0; run < 4000; run++) {
      for (const id of (await drawSample(pagesOf(few, 9), 10, random)).openIds) hits[Number(id)]++;
    }
    // 400 each are expected, with a deviation of 19.
    expect(Math.min(...hits)).toBeGreaterThan(320);
    expect(Math.max(...hits)).toBeLessThan(480);
  });
});

/** How often the interval of a sample held the true sum of `contribution` over all pools. */
async function coverage(contribution: (i: number) => number, size: number, runs: number): Promise<number> {
  const truth = openIds.reduce((sum, id) => sum + contribution(Number(id)), 0);
  const random = chance(size * 31 + 5);
  let held = 0;
  for (let run = 0; run < runs; run++) {
    const { openIds: drawn, total } = await drawSample(pagesOf(openIds, 1000), size, random);
    const counter = new Counter();
    for (const id of drawn) counter.add(contribution(Number(id)));
    const { value, low, high } = estimate(counter, drawn.length, total);
    expect(low).toBeLessThanOrEqual(value);
    expect(high).toBeGreaterThanOrEqual(value);
    if (low <= truth && truth <= high) held++;
  }
  return held / runs;
}

describe("the interval of an estimate", () => {
  it.each([
    ["half of the users", (i: number) => i % 2, 100],
    ["nearly all users", (i: number) => (i % 100 === 0 ? 0 : 1), 100],
    ["one user in 150", (i: number) => (i % 150 === 0 ? 1 : 0), 100],
    ["nobody", () => 0, 50],
    ["codes, up to 12 a user", (i: number) => (i * 7919) % 13, 100],
    ["codes, in a small sample", (i: number) => (i * 7919) % 13, 10],
    ["codes, in a large sample", (i: number) => (i * 7919) % 13, 2000],
  ])("holds the true number in about 95 of 100 samples or more: %s", async (_, contribution, size) => {
    expect(await coverage(contribution, size, 500)).toBeGreaterThanOrEqual(0.925);
  });

  it("is not much wider than it has to be", async () => {
    expect(await coverage((i) => i % 2, 200, 500)).toBeLessThan(0.985);
    expect(await coverage((i) => (i * 7919) % 13, 200, 500)).toBeLessThan(0.985);
    // A sample that is most of the whole leaves little to guess.
    expect(await coverage((i) => (i * 7919) % 13, 2000, 500)).toBeLessThan(0.985);
    expect(await coverage((i) => i % 2, 2000, 500)).toBeLessThan(0.985);
  });

  it("is a point when everything was read", () => {
    const counter = new Counter();
    for (let i = 0; i < 40; i++) counter.add(i % 5);
    expect(estimate(counter, 40, 40)).toEqual({ value: 80, low: 80, high: 80 });
  });

  it("excludes neither what was seen nor what was not", () => {
    const all = new Counter();
    for (let i = 0; i < 20; i++) all.add(1);
    const { low, high } = estimate(all, 20, 1000);
    expect(high).toBe(1000);
    expect(low).toBeLessThan(900);
    const none = estimate(new Counter(), 20, 1000);
    expect(none.value).toBe(0);
    expect(none.high).toBeGreaterThan(100);
  });
});
