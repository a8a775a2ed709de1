import { expect, it } from "vitest";
import type { BroadcastStore, KnownRun } from "../../src/broadcast/record.ts";
import type { Run } from "../../src/broadcast/run.ts";
import { shareRate } from "../../src/broadcast/share-rate.ts";
import { FakeClock } from "./fake-clock.ts";

/** Joins beside runs that beat at the given times, ms from now on; returns when it went on, and its share. */
async function join(beats: Record<string, number>, aliveUntil = Number.POSITIVE_INFINITY) {
  const clock = new FakeClock();
  const store = {
    runs: async () =>
      [...Object.keys(beats), "own"].map(
        (runId) =>
          ({
            runId,
            alive: clock.elapsedMs < aliveUntil,
            untilMs: clock.elapsedMs >= (beats[runId] ?? 0) ? 2 : 1,
          }) as KnownRun,
      ),
  } as unknown as BroadcastStore;
  const shares: number[] = [];
  const run = {
    pacer: { share: (runs: number) => shares.push(runs) },
    signal: new AbortController().signal,
    waitingFor: undefined,
  } as unknown as Run;
  await shareRate(run, { store, clock, id: "b", runId: "own" });
  expect(run.waitingFor).toBeUndefined();
  return { wentOnAtMs: clock.elapsedMs, shares };
}

it("a run that joins sends once all others have beaten and had time to look who is there", async () => {
  const { wentOnAtMs, shares } = await join({ a: 900, b: 400 });
  expect(shares).toEqual([3]);
  // A beat, and the look behind it: it says nothing about when that is over.
  expect(wentOnAtMs).toBeGreaterThanOrEqual(900 + 500);
});

it("it does not wait for one that dies", async () => {
  const { wentOnAtMs } = await join({ a: 1_000_000 }, 5000);
  expect(wentOnAtMs).toBeLessThan(10_000);
});

it("it waits for nobody when it is alone", async () => {
  expect(await join({})).toEqual({ wentOnAtMs: 0, shares: [] });
});
