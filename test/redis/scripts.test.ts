import fc from "fast-check";
import { afterAll, beforeAll, it } from "vitest";
import { startTestRedis, type TestRedis } from "../helpers/redis.ts";
import { Game } from "./play.ts";
import { type Step, sequence } from "./step-arbitraries.ts";

let redis: TestRedis;
beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());

let games = 0;

async function playOut(steps: Step[]): Promise<void> {
  const game = new Game(redis, (games++).toString(36));
  for (const step of steps) await game.play(step);
  await game.check();
}

/** Sequences at a time, 1 to this many: they share no users, so their commands go out in common packets. */
const BATCH = 100;
const BATCHES = 60;

it("do what a plain model of lists does, in about 3,000 random sequences of several clients", async () => {
  const batch = fc.array(sequence, { minLength: 1, maxLength: BATCH, size: "max" });
  const play = async (sequences: Step[][]) => {
    await Promise.all(sequences.map(playOut));
  };
  await fc.assert(fc.asyncProperty(batch, play), { numRuns: BATCHES });
}, 300_000);
