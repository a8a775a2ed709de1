import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { type Consent, writeConsent } from "../../src/pool/consent.ts";
import type { ConsentStore } from "../../src/pool/consents/ports.ts";
import { startTestRedis, type TestRedis } from "../helpers/redis.ts";
import { beginPools, purgeToTheEnd } from "./purge-to-the-end.ts";
import { watchScripts } from "./script-work.ts";

const DAY_MS = 86_400_000;

let redis: TestRedis;
let store: ConsentStore;
let nowMs: number;
beforeAll(async () => {
  redis = await startTestRedis();
  store = redis.open.stores.consents({ keyPrefix: "mina:", maxAgeMs: 30 * DAY_MS }).pools;
  nowMs = await store.now();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  await redis.client.flushall();
});

const keyOf = (name: string) => `mina:consent:{${name.replace(" ", "}:")}`;
const put = (name: string, entries: string[]) => redis.client.rpush(keyOf(name), ...entries);
const left = (name: string) => redis.client.lrange(keyOf(name), 0, -1);

const made = (id: string, days: number, standing = false): Consent => ({
  id,
  atMs: nowMs - days * DAY_MS,
  standing,
});
/** The same consent, in words that the script does not read itself. */
const foreign = ({ id, atMs }: Consent) => `{"at": ${atMs}, "consent": "${id}"}`;

/** An entry, and whether a purge takes it. */
const KINDS: [make: (id: string) => string, expires: boolean][] = [
  [(id) => writeConsent(made(id, 31)), true],
  [(id) => writeConsent(made(id, 1)), false],
  [(id) => writeConsent(made(id, 400, true)), true],
  [(id) => writeConsent(made(id, 2, true)), false],
  [(id) => foreign(made(id, 31)), true],
  [(id) => foreign(made(id, 1)), false],
  [(id) => writeConsent(made(`(${id})`, 31)), true],
  [() => '{"formId":"f","expire":1568000000000}', false],
];
const UNREADABLE = 7;

const stretch = fc.tuple(fc.nat(KINDS.length - 1), fc.oneof(fc.nat(3), fc.nat(3), fc.nat(90)));
const game = fc.record({
  pools: fc.array(fc.array(stretch, { maxLength: 5 }), { minLength: 1, maxLength: 3 }),
  dryRun: fc.boolean(),
  maxCommands: fc.option(fc.integer({ min: 1, max: 200 }), { nil: undefined }),
});

it("takes out just the consents beyond the maximum age, whatever stands before and behind them", async () => {
  const play = async ({
    pools,
    dryRun,
    maxCommands,
  }: typeof game extends fc.Arbitrary<infer T> ? T : never) => {
    await redis.client.flushall();
    const sums = { scanned: pools.length, changed: 0, removed: 0, expired: 0, unreadable: 0 };
    const expected: string[][] = [];
    for (const [n, stretches] of pools.entries()) {
      const kinds = stretches.flatMap(([kind, count]) => Array.from({ length: count }, () => kind));
      const entries = kinds.map((kind, i) => KINDS[kind]![0](`c${i}`));
      const stay = entries.filter((_, i) => !KINDS[kinds[i]!]![1]);
      const expired = entries.length - stay.length;
      sums.expired += expired;
      sums.changed += expired > 0 ? 1 : 0;
      sums.removed += expired > 0 && stay.length === 0 ? 1 : 0;
      sums.unreadable += kinds.filter((kind) => kind === UNREADABLE).length;
      expected.push(dryRun ? entries : stay);
      if (entries.length > 0) await put(`u${n} T`, entries);
    }
    const names = pools.map((_, n) => `u${n} T`);
    expect(await purgeToTheEnd(store, names, dryRun, maxCommands)).toEqual(sums);
    for (const [n, name] of names.entries()) expect(await left(name)).toEqual(expected[n]);
  };
  await fc.assert(fc.asyncProperty(game, play), { numRuns: 200 });
}, 120_000);

it("purges many pools by one call of a script", async () => {
  const names = Array.from({ length: 100 }, (_, i) => `u${i} T`);
  for (const name of names) await put(name, [writeConsent(made("a", 40)), writeConsent(made("b", 1))]);
  const { result, calls } = await watchScripts(redis, () =>
    store.purge(beginPools(names), { dryRun: false }),
  );
  expect(result).toMatchObject({ scanned: 100, expired: 100, open: [] });
  expect(calls).toHaveLength(1);
  expect(await left("u0 T")).toEqual([writeConsent(made("b", 1))]);
});

it("passes over what is no list, as the purge of codes does", async () => {
  await redis.client.set(keyOf("oX T"), "a text");
  await put("oA T", [writeConsent(made("a", 40))]);
  expect(await purgeToTheEnd(store, ["oX T", "oA T"], false)).toMatchObject({ scanned: 1, expired: 1 });
  expect(await redis.client.get(keyOf("oX T"))).toBe("a text");
});

it("takes no consent where they last for ever", async () => {
  const pools = redis.open.stores.consents({ keyPrefix: "mina:" }).pools;
  const entries = [writeConsent(made("a", 4000)), foreign(made("b", 4000))];
  await put("oA T", entries);
  expect(await purgeToTheEnd(pools, ["oA T"], false)).toMatchObject({ scanned: 1, expired: 0 });
  expect(await left("oA T")).toEqual(entries);
});
