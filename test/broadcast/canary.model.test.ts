import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CanaryFigures, countTried, judgeCanary } from "../../src/broadcast/canary.ts";
import type { BroadcastDeps } from "../../src/broadcast/deps.ts";
import type { BroadcastStore } from "../../src/broadcast/record.ts";
import { systemClock } from "../../src/clock.ts";
import { CANARY, runCanary } from "./canaries.ts";
import { inCanary } from "./in-canary.ts";
import { countCodes, giveUsers, ledgers, useWorld } from "./world.ts";

const world = useWorld();

/** What happens to the runs of a broadcast, one after the other. */
const LIFE = fc.record({
  users: fc.integer({ min: 1, max: 60 }),
  share: fc.constantFrom(0.01, 0.1, 0.5, 0.9),
  seed: fc.string({ minLength: 1, maxLength: 8 }),
  /** After how many messages each run but the last is stopped: some during the canary, some after. */
  stops: fc.array(fc.nat(30), { maxLength: 3 }),
  joins: fc.boolean(),
});

describe("for any audience, share and stops", () => {
  test("the canary is the model's, nobody else is sent to before the verdict, and nobody twice", async () => {
    const property = fc.asyncProperty(LIFE, async ({ users, share, seed, stops, joins }) => {
      await world.redis.client.flushall();
      world.sandbox.reset();
      const openIds = await giveUsers(world, users);
      const model = openIds.filter((openId) => inCanary(seed, share, openId)).sort();
      const delivered = () => Object.keys(world.sandbox.stats().deliveriesByUser).sort();
      const before: string[][] = [];
      const portsFor = (stopAfter: number | undefined) => (deps: BroadcastDeps) => ({
        store: {
          ...deps.store,
          noteCanary: async (id, news) => {
            const seen = delivered();
            // A run that comes second may note it when everybody else has the message already.
            if ((await deps.store.canaryProgress(id))?.verdict === undefined) before.push(seen);
            return deps.store.noteCanary(id, news);
          },
        } satisfies BroadcastStore,
        onStart: (_: string, run: Parameters<NonNullable<BroadcastDeps["onStart"]>>[1]) => {
          const watch = async () => {
            while (!run.isOver && run.tally.outcomes.sent < (stopAfter ?? Infinity))
              await new Promise((resolve) => setImmediate(resolve));
            if (stopAfter !== undefined)
              run.stop({ status: "interrupted", exit: "sigint", message: "interrupted" });
          };
          void watch();
        },
      });
      const canary = { ...CANARY, share, seed, waitMs: 0 };
      const go = (stopAfter: number | undefined, isFirst: boolean, join = false) =>
        runCanary(world, {
          clock: systemClock,
          canary,
          engine: { concurrency: 3 },
          ports: portsFor(stopAfter),
          ...(isFirst ? {} : { resume: { join } }),
        });
      let ended = await go(stops[0], true);
      const wasNobody = model.length === 0;
      for (const [i] of stops.entries()) {
        if (ended.result.status !== "interrupted") break;
        const next = stops[i + 1];
        const runs = [go(next, false, joins), ...(joins ? [go(next, false, true)] : [])];
        ended = (await Promise.all(runs))[0]!;
      }
      // What was still with other runs is taken up.
      if (ended.result.status === "interrupted") ended = await go(undefined, false);
      for (const seen of before) expect(seen).toEqual(model);
      if (wasNobody) {
        expect(ended.result).toMatchObject({ status: "stopped", canary: { stage: "failed" } });
        expect(delivered()).toEqual([]);
      } else expect(delivered()).toEqual([...openIds].sort());
      const stats = world.sandbox.stats();
      expect(stats.duplicates).toBe(0);
      const sent = [...(await ledgers(world)).values()].filter((state) => state === "sent").length;
      expect(sent).toBe(stats.delivered);
      expect(await countCodes(world)).toBe(users - sent);
    });
    await fc.assert(property, { numRuns: 25 });
  }, 240_000);
});

describe("the verdict", () => {
  const FIGURES = fc.record({
    sent: fc.nat(200),
    rejected: fc.nat(40),
    failed: fc.nat(20),
    unknown: fc.nat(20),
    undelivered: fc.nat(20),
  });
  const LIMITS = fc.record({
    failedPercent: fc.constantFrom(0, 5, 10, 100),
    rejectedPercent: fc.constantFrom(0, 20, 100),
  });

  test("is a pass when both shares are within their limits, for somebody", () => {
    fc.assert(
      fc.property(FIGURES, LIMITS, (figures: CanaryFigures, { failedPercent, rejectedPercent }) => {
        const { sent, rejected, failed, unknown, undelivered } = figures;
        const tried = sent + rejected + failed + unknown;
        const passes =
          tried > 0 &&
          (failed + unknown) * 100 <= failedPercent * tried &&
          (rejected + undelivered) * 100 <= rejectedPercent * tried;
        const limits = { maxFailed: failedPercent / 100, maxRejected: rejectedPercent / 100 };
        expect(countTried(figures)).toBe(tried);
        expect(judgeCanary(limits, figures) === undefined).toBe(passes);
      }),
    );
  });

  test("says both reasons, with figures", () => {
    const figures = { sent: 80, rejected: 10, failed: 6, unknown: 4, undelivered: 11 };
    expect(judgeCanary({ maxFailed: 0.05, maxRejected: 0.2 }, figures)).toBe(
      "canary: 10 of 100 failed (10%, limit 5%), 21 of 100 rejected (21%, limit 20%)",
    );
  });
});
