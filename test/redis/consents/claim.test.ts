import fc from "fast-check";
import { afterAll, beforeAll, it } from "vitest";
import { startTestRedis, type TestRedis } from "../../helpers/redis.ts";
import { ClaimGame } from "./claim-game.ts";
import { HOUR_MS, type Step, sequence } from "./claim-steps.ts";

let redis: TestRedis;
beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());

let games = 0;

/** Sequences at a time, 1 to this many: they share no users, so their commands go out in common packets. */
const BATCH = 40;
const BATCHES = 10;

it.each([
  ["of any age", undefined],
  ["of an hour at most", HOUR_MS],
])(
  "claims of consents %s do what a plain model of lists does, whatever comes when",
  async (_, maxAgeMs) => {
    const batch = fc.array(sequence, { minLength: 1, maxLength: BATCH, size: "max" });
    const play = async (sequences: Step[][]) => {
      const nowMs = await redis.open.stores.pools.now();
      const playOut = async (steps: Step[]) => {
        const options = { nowMs, ...(maxAgeMs !== undefined && { maxAgeMs }) };
        const game = new ClaimGame(redis, (games++).toString(36), options);
        for (const step of steps) await game.play(step);
      };
      await Promise.all(sequences.map(playOut));
    };
    await fc.assert(fc.asyncProperty(batch, play), { numRuns: BATCHES });
  },
  300_000,
);
