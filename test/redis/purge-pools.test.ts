import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { plainEntry, startTestRedis, type TestRedis } from "../helpers/redis.ts";
import { JAVA_ENTRY } from "../pool/forms.ts";
import { purgeToTheEnd } from "./purge-to-the-end.ts";
import { FAR, PAST } from "./seed.ts";

/* What the script does itself, what it returns to be read, and where in a pool one ends and the other begins. */

let redis: TestRedis;
beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  await redis.client.flushall();
});

const jackson = (formId: string, expire: number) =>
  JSON.stringify({ "@class": "com.example.Vo", formId, expire });

/** An entry, how many expired codes it has, and what a purge leaves of it. */
const KINDS: [make: (id: string) => string, expired: number, left: (id: string) => string | undefined][] = [
  [(id) => plainEntry(id, PAST), 1, () => undefined],
  [(id) => plainEntry(id, FAR), 0, (id) => plainEntry(id, FAR)],
  [(id) => jackson(id, PAST), 1, () => undefined],
  [(id) => jackson(id, FAR), 0, (id) => jackson(id, FAR)],
  [() => JAVA_ENTRY, 0, () => JAVA_ENTRY],
  [(id) => `[${plainEntry(id, PAST)},${plainEntry(id, FAR)}]`, 1, (id) => `[${plainEntry(id, FAR)}]`],
];

/** Runs of one kind, so that pools of some length have long stretches of plain entries, too. */
const stretch = fc.tuple(fc.nat(KINDS.length - 1), fc.oneof(fc.nat(3), fc.nat(3), fc.nat(90)));
const game = fc.record({
  pools: fc.array(fc.array(stretch, { maxLength: 5 }), { minLength: 1, maxLength: 3 }),
  dryRun: fc.boolean(),
  maxCommands: fc.option(fc.integer({ min: 1, max: 200 }), { nil: undefined }),
});

it("takes out just the expired codes, whatever stands before and behind them", async () => {
  const play = async ({
    pools,
    dryRun,
    maxCommands,
  }: typeof game extends fc.Arbitrary<infer T> ? T : never) => {
    await redis.client.flushall();
    const sums = { scanned: pools.length, changed: 0, removed: 0, expired: 0, unreadable: 0 };
    const before: string[][] = [];
    const after: string[][] = [];
    for (const [n, stretches] of pools.entries()) {
      const kinds = stretches.flatMap(([kind, count]) => Array.from({ length: count }, () => KINDS[kind]!));
      before.push(kinds.map(([make], i) => make(`f${i}`)));
      after.push(kinds.flatMap(([, , left], i) => left(`f${i}`) ?? []));
      const expired = kinds.reduce((sum, [, count]) => sum + count, 0);
      sums.expired += expired;
      sums.changed += expired > 0 ? 1 : 0;
      sums.removed += expired > 0 && after[n]!.length === 0 ? 1 : 0;
      sums.unreadable += kinds.filter(([make]) => make("") === JAVA_ENTRY).length;
      if (kinds.length > 0) await redis.push(`u${n}`, ...before[n]!);
    }
    const openIds = pools.map((_, n) => `u${n}`);
    expect(await purgeToTheEnd(redis.open.stores.pools, openIds, dryRun, maxCommands)).toEqual(sums);
    for (const n of pools.keys()) expect(await redis.entries(`u${n}`)).toEqual((dryRun ? before : after)[n]);
  };
  await fc.assert(fc.asyncProperty(game, play), { numRuns: 400 });
}, 120_000);

it("takes an expired code from before valid ones and one of another form", async () => {
  const valid = [plainEntry("b", FAR), jackson("c", FAR)];
  await redis.push("u", plainEntry("a", PAST), ...valid);
  await purgeToTheEnd(redis.open.stores.pools, ["u"], false);
  expect(await redis.entries("u")).toEqual(valid);
});
