import { beforeEach, describe, expect, it } from "vitest";
import { plainEntry } from "../helpers/redis.ts";
import { useTestRedis } from "../helpers/use-redis.ts";
import { beginPools, purgeAll } from "./purge-to-the-end.ts";
import { FAR, PAST } from "./seed.ts";

const OTHERS = ["a", "z"];
const ALL = ["a", "odd", "z"];
const POOL = "mina:openid:odd";
const LEDGER = "{mina:openid:odd}:sends";

const redis = useTestRedis();
beforeEach(async () => {
  for (const openId of OTHERS)
    await redis.push(openId, plainEntry(`f-${openId}`, FAR), plainEntry(`g-${openId}`, FAR));
});

const TYPES: [string, (key: string) => Promise<unknown>][] = [
  ["string", (key) => redis.client.set(key, "{}")],
  ["hash", (key) => redis.client.hset(key, "formId", "x")],
  ["set", (key) => redis.client.sadd(key, "x")],
  ["zset", (key) => redis.client.zadd(key, 1, "x")],
];

function ledger() {
  return redis.open.stores.ledger({ broadcastId: "b", runId: "r" });
}

const settled = (openId: string) => ({ openId, outcome: "sent" as const, attempts: 1 });

/** Claims a code of the odd user, too, before their key becomes something else. */
async function claimAll(): Promise<void> {
  await redis.push("odd", plainEntry("f-odd", FAR));
  const replies = await ledger().claim(ALL);
  expect(replies.map(({ status }) => status)).toEqual(["claimed", "claimed", "claimed"]);
}

describe.each(TYPES)("with a %s in the place of a pool", (type, put) => {
  it("claims say so, and claim the others' codes", async () => {
    await put(POOL);
    const replies = await ledger().claim(ALL);
    expect(replies.map(({ status }) => status)).toEqual(["claimed", "wrong", "claimed"]);
    expect(replies[1]).toEqual({ status: "wrong", openId: "odd", why: `the pool is a ${type}, not a list` });
    expect(await redis.client.type(POOL)).toBe(type);
  });

  it("a dry run says so, too", async () => {
    await put(POOL);
    const replies = await redis.open.stores.ledger({ broadcastId: "b", runId: "r", dryRun: true }).claim(ALL);
    expect(replies.map(({ status }) => status)).toEqual(["claimed", "wrong", "claimed"]);
  });

  it("next finds no code", async () => {
    await claimAll();
    await put(POOL);
    const reply = await ledger().next("odd", "f-odd", 41029);
    expect(reply).toEqual({ status: "no_code", openId: "odd", expired: 0, refused: 0 });
    expect(await redis.client.type(POOL)).toBe(type);
  });

  it("release keeps the claim, and releases the others' codes", async () => {
    await claimAll();
    await put(POOL);
    expect(await ledger().release(ALL)).toEqual([true, false, true]);
    expect(await ledger().claim(["odd"])).toMatchObject([{ status: "mine", formId: "f-odd" }]);
    expect(await ledger().settleReturning({ ...settled("odd"), outcome: "rejected" })).toBe(false);
    expect(await redis.entries("a")).toEqual([plainEntry("f-a", FAR), plainEntry("g-a", FAR)]);
    await redis.client.del(POOL);
    expect(await ledger().release(["odd"])).toEqual([true]);
    expect(await redis.entries("odd")).toEqual([plainEntry("f-odd", FAR)]);
  });

  it("settle is about the ledger alone", async () => {
    await claimAll();
    await put(POOL);
    expect(await ledger().settle(ALL.map(settled))).toEqual([true, true, true]);
  });

  it("purge passes it by, and purges the others", async () => {
    await put(POOL);
    await redis.push("a", plainEntry("old", PAST));
    await redis.push("z", plainEntry("old", PAST));
    const step = await redis.open.stores.pools.purge(beginPools(ALL), { dryRun: false });
    expect(step).toMatchObject({ scanned: 2, changed: 2, removed: 0, expired: 2, unreadable: 0, open: [] });
    expect(await purgeAll(redis.open.stores.pools)).toMatchObject({ poolsScanned: 2, expiredRemoved: 0 });
  });

  it("import says so, and imports the others' codes", async () => {
    await put(POOL);
    const codes = [{ formId: "new", entry: plainEntry("new", FAR) }];
    const replies = await redis.open.stores.pools.push(ALL.map((openId) => ({ openId, codes })));
    const pushed = { pushed: 1, known: 0, used: 0, notAList: false };
    expect(replies).toEqual([pushed, { pushed: 0, known: 0, used: 0, notAList: true }, pushed]);
    expect(await redis.client.type(POOL)).toBe(type);
  });
});

describe.each([
  ...TYPES.filter(([type]) => type !== "hash"),
  ["list", (key: string) => redis.client.rpush(key, "x")] as (typeof TYPES)[number],
])("with a %s in the place of a ledger", (type, put) => {
  it("claims say so, leave the pool alone, and claim the others' codes", async () => {
    await redis.push("odd", plainEntry("f-odd", FAR));
    await put(LEDGER);
    const replies = await ledger().claim(ALL);
    expect(replies.map(({ status }) => status)).toEqual(["claimed", "wrong", "claimed"]);
    expect(replies[1]).toMatchObject({ why: expect.stringContaining("WRONGTYPE") });
    expect(await redis.entries("odd")).toEqual([plainEntry("f-odd", FAR)]);
    expect(await redis.client.type(LEDGER)).toBe(type);
  });

  it("nothing is this run's claim, and the others are handled", async () => {
    await claimAll();
    await redis.client.del(LEDGER);
    await put(LEDGER);
    expect(await ledger().next("odd", "f-odd", 41028)).toBeUndefined();
    expect(await ledger().settle([settled("a"), settled("odd")])).toEqual([true, false]);
    expect(await ledger().release(["odd", "z"])).toEqual([false, true]);
    expect(await ledger().settleReturning(settled("odd"))).toBe(false);
    expect(await redis.client.type(LEDGER)).toBe(type);
  });
});

describe.each([
  ["nothing", ""],
  ["something of somebody else", "{}"],
  ["a claim without its bytes' length", "claimed r 1 1700000000000 0 1 4102444800000 f-odd\n"],
  ["half a final record", "sent r 1"],
  ["words on two lines", "sent r 1 1700000000000 0 f - 0 0\nx"],
])("with a record that is %s", (_, record) => {
  beforeEach(async () => {
    await redis.push("odd", plainEntry("f-odd", FAR));
    await redis.client.hset(LEDGER, "b", record);
  });

  it("claims say so and touch neither record nor pool", async () => {
    const replies = await ledger().claim(ALL);
    expect(replies.map(({ status }) => status)).toEqual(["claimed", "wrong", "claimed"]);
    expect(await redis.client.hget(LEDGER, "b")).toBe(record);
    expect(await redis.entries("odd")).toEqual([plainEntry("f-odd", FAR)]);
  });

  it("it is nobody's claim", async () => {
    expect(await ledger().next("odd", "f-odd", 41028)).toBeUndefined();
    expect(await ledger().release(["odd"])).toEqual([false]);
    expect(await redis.client.hget(LEDGER, "b")).toBe(record);
  });
});

it("takes another broadcast's record for what it is", async () => {
  await redis.push("odd", plainEntry("f-odd", FAR));
  await redis.client.hset(LEDGER, "B", "{}", "b2", "", " b", "x");
  expect(await ledger().claim(["odd"])).toMatchObject([{ status: "claimed", formId: "f-odd" }]);
});
