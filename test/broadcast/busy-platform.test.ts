import { expect, it } from "vitest";
import type { Run } from "../../src/broadcast/run.ts";
import { drive, hurriedClock } from "./drive.ts";
import { giveCode, setFaults, useWorld } from "./world.ts";

const world = useWorld();

/** What a run ends with that is told to be busy now and then, and can't repeat an attempt. */
async function run(startRate: number | undefined, fault: string) {
  for (let i = 0; i < 60; i++) await giveCode(world, `m${i}`, `wx20261123120000${i}`, { uses: 3 });
  setFaults(world, fault);
  let started: Run | undefined;
  const { result } = await drive(world, {
    clock: hurriedClock(5),
    startRate,
    maxErrors: { count: 100 },
    onStart: (one) => {
      started = one;
    },
  });
  return { result, found: started?.pacer.found };
}

it("lowers the rate of a run to the modest one that it began with, and repeats nothing", async () => {
  const { result, found } = await run(50, "busy:20");
  expect(result.outcomes.unknown).toBeGreaterThan(0);
  expect(result.outcomes.sent + result.outcomes.unknown).toBe(60);
  expect(world.sandbox.stats().maxPerUser).toBe(1);
  expect(found?.refusals).toBeGreaterThan(0);
  expect(found?.perSec).toBeGreaterThanOrEqual(50);
  expect(found?.perSec).toBeLessThan(60);
});

it("does not slow down a run that began with none", async () => {
  const { found } = await run(undefined, "busy:20");
  expect(found).toBeUndefined();
});

it("leaves an answer that says nothing to the breaker", async () => {
  const { result, found } = await run(50, "reset-after:10");
  expect(result.outcomes.unknown).toBeGreaterThan(0);
  expect(found?.refusals ?? 0).toBe(0);
});
