import fc from "fast-check";
import { expect, it } from "vitest";
import { PushCliError } from "../../src/errors.ts";
import { useTestRedis } from "../helpers/use-redis.ts";
import { countScriptCalls, pushMany } from "./seed.ts";

const redis = useTestRedis();

const pools = () => redis.open.stores.pools;

/** What reading gives of each pool, and how it came: entries and bytes of each visit. */
async function readAll(openIds: string[]) {
  const entries: string[][] = openIds.map(() => []);
  const visits: { entries: number; bytes: number }[] = [];
  await pools().read(openIds, (pieces) => {
    const all = pieces.flatMap((piece) => piece.entries);
    visits.push({ entries: all.length, bytes: all.reduce((sum, entry) => sum + entry.length, 0) });
    for (const piece of pieces) entries[piece.index]!.push(...piece.entries);
  });
  return { entries, visits };
}

const anyEntry = fc.oneof(
  fc.constantFrom("", "\n", "3 abc", "1 \n", " ", "0 ", "\xff\xfe\x00\n12 x"),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString("latin1")),
);

it("reads whatever bytes, pool by pool, in order", async () => {
  const anyPools = fc.array(fc.array(anyEntry, { maxLength: 40 }), { minLength: 1, maxLength: 20 });
  const check = async (lists: string[][]) => {
    await redis.client.flushall();
    const openIds = lists.map((_, i) => `o${i}`);
    for (const [i, list] of lists.entries()) if (list.length > 0) await redis.push(`o${i}`, ...list);
    expect((await readAll(openIds)).entries).toEqual(lists);
  };
  await fc.assert(fc.asyncProperty(anyPools, check), { numRuns: 60 });
});

it("reads many pools in one call", async () => {
  const openIds = Array.from({ length: 128 }, (_, i) => `o${i}`);
  for (const openId of openIds) await redis.push(openId, `a-${openId}`, `b-${openId}`, `c-${openId}`);
  await redis.client.script("FLUSH");
  await redis.client.config("RESETSTAT");
  const { entries } = await readAll(openIds);
  expect(entries).toEqual(openIds.map((openId) => [`a-${openId}`, `b-${openId}`, `c-${openId}`]));
  // The first by its SHA-1, which Redis does not know yet, and again with its source.
  expect(await countScriptCalls(redis)).toBe(2);
});

it("reads long pools between short ones in bounded calls", async () => {
  const long = Array.from({ length: 20_000 }, (_, i) => `entry ${i}`);
  const openIds = ["a", "long", "gone", "z", "long too"];
  await redis.push("a", "1");
  await redis.push("z", "2");
  for (const openId of ["long", "long too"]) await pushMany(redis, openId, long);
  const { entries, visits } = await readAll(openIds);
  expect(entries).toEqual([["1"], long, [], ["2"], long]);
  expect(Math.max(...visits.map((visit) => visit.entries))).toBeLessThanOrEqual(1500);
  expect(visits.length).toBeLessThan(60);
});

it("asks for few entries at once where they weigh much", async () => {
  const heavy = (i: number) => String(i).repeat(1_100_000);
  const openIds = Array.from({ length: 12 }, (_, i) => `o${i}`);
  for (const openId of openIds) await redis.push(openId, heavy(1), heavy(2), heavy(3));
  await pushMany(
    redis,
    "many",
    Array.from({ length: 40 }, () => heavy(4)),
  );
  await redis.client.config("RESETSTAT");
  const { entries, visits } = await readAll([...openIds, "many"]);
  expect(entries.map((list) => list.map(([digit]) => digit).join(""))).toEqual([
    ...openIds.map(() => "123"),
    "4".repeat(40),
  ]);
  // The first call can't know, and asks for the first eight of one pool.
  expect(visits[0]?.bytes).toBeLessThanOrEqual(8 * 1_100_000);
  expect(Math.max(...visits.slice(1).map(({ bytes }) => bytes))).toBeLessThanOrEqual(2 * 1_100_000);
});

it("finds out in the middle of a pool that its entries weigh much", async () => {
  const light = Array.from({ length: 1000 }, (_, i) => `light ${i}`);
  const heavy = Array.from({ length: 300 }, (_, i) => `${i} `.padEnd(60_000, "x"));
  await pushMany(redis, "o", light);
  for (let at = 0; at < heavy.length; at += 50) await redis.push("o", ...heavy.slice(at, at + 50));
  const { entries, visits } = await readAll(["o"]);
  expect(entries).toEqual([[...light, ...heavy]]);
  // From the first heavy ones on, what is asked for goes by the weight of those before.
  const after = visits.slice(visits.findIndex(({ bytes }) => bytes > 100_000) + 1);
  expect(after.length).toBeGreaterThan(50);
  expect(Math.max(...after.map(({ bytes }) => bytes))).toBeLessThanOrEqual(300_000);
});

it("goes on after the first piece of a slice that weighs much", async () => {
  const heavy = Array.from({ length: 6 }, (_, i) => String(i).repeat(200_000));
  await redis.push("o", ...heavy);
  await redis.push("short", "a", "b", "c");
  const [some = [], two, none] = await pools().slice([
    { openId: "o", from: 1, count: 5 },
    { openId: "short", from: 1, count: 5 },
    { openId: "gone", from: 0, count: 5 },
  ]);
  expect(some.length).toBeGreaterThan(0);
  expect(some).toEqual(heavy.slice(1, 1 + some.length));
  expect(some.length).toBeLessThan(5);
  expect([two, none]).toEqual([["b", "c"], []]);
  expect(await pools().slice([{ openId: "short", from: 0, count: 2 }])).toEqual([["a", "b"]]);
});

it("names the key that holds something else", async () => {
  await redis.push("a", "1");
  await redis.client.set("mina:openid:odd", "text");
  const error = await readAll(["a", "odd", "z"]).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(PushCliError);
  expect(error).toMatchObject({
    kind: "redis",
    message: expect.stringContaining("the key 'mina:openid:odd'") as string,
    hint: "check --pool-prefix",
  });
  await expect(pools().slice([{ openId: "odd", from: 0, count: 1 }])).rejects.toThrow("holds another type");
});

it("writes nothing", async () => {
  await redis.push("a", "1");
  const before = await redis.client.dumpBuffer("mina:openid:a");
  await redis.client.config("RESETSTAT");
  await readAll(["a", "b"]);
  expect(await redis.client.dumpBuffer("mina:openid:a")).toEqual(before);
  const stats = await redis.client.info("commandstats");
  const ran = [...stats.matchAll(/^cmdstat_([^:]+):/gm)].map(([, name]) => name);
  const harmless = ["config|resetstat", "dump", "eval", "evalsha", "lrange", "info"];
  expect(ran.filter((name) => !harmless.includes(name ?? ""))).toEqual([]);
});
