import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { connectRedis } from "../../../src/redis/connect.ts";
import type { RedisLink } from "../../../src/redis/link.ts";
import { createWxJavaLocks } from "../../../src/redis/sdk-tokens/wxjava-locks.ts";
import { startTestRedis, type TestRedis } from "../../helpers/redis.ts";
import { throughRenewals } from "../renewals.ts";

const KEY = "wa:lock:wx1:accessTokenLock";

let redis: TestRedis;
let links: RedisLink[];
beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  links = [];
  await redis.client.flushall();
});
afterEach(() => {
  for (const link of links) link.close();
});

async function newProcess() {
  const link = await connectRedis({ url: redis.url, shownUrl: redis.url });
  links.push(link);
  return createWxJavaLocks(link, KEY);
}

/** RedisTemplateSimpleDistributedLock.tryLock and unlock (binarywang/WxJava). */
function redisTemplateLock() {
  const value = randomUUID();
  return {
    tryLock: async () =>
      (await redis.client.set(KEY, value, "PX", 60_000, "NX")) === "OK" ||
      (await redis.client.get(KEY)) === value,
    unlock: () =>
      redis.client.eval(
        "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) else return 0 end",
        1,
        KEY,
        value,
      ),
  };
}

/**
 * One round of JedisLock.acquire, and release (abelaska/jedis-lock). One difference: theirs also replaces a key that
 * was deleted between its SETNX and its GET, and so at times overwrites the lock of whoever took it meanwhile. No other
 * holder can prevent that, so the model tries again there.
 */
function jedisLock(lifeMs = 60_001) {
  const uuid = randomUUID();
  return {
    tryLock: async () => {
      const value = `${uuid}:${Date.now() + lifeMs}`;
      if ((await redis.client.setnx(KEY, value)) === 1) return true;
      const current = await redis.client.get(KEY);
      if (current === null) return false;
      const [owner, time] = current.split(":");
      const isNoLock = !/^[0-9a-f]+(-[0-9a-f]+){4}$/.test(owner ?? "") || !/^\d+$/.test(time ?? "");
      if (!isNoLock && Number(time) >= Date.now() && owner !== uuid) return false;
      return (await redis.client.getset(KEY, value)) === current;
    },
    unlock: () => redis.client.del(KEY),
  };
}

/** RedissonLock.tryLockInnerAsync (redisson/redisson): the hash, its field, its 30 s. */
function redissonLock() {
  return {
    tryLock: async () => {
      if ((await redis.client.exists(KEY)) === 1) return false;
      await redis.client.hset(KEY, `${randomUUID()}:1`, 1);
      return (await redis.client.pexpire(KEY, 30_000)) === 1;
    },
    unlock: () => redis.client.del(KEY),
  };
}

it.each([
  ["RedisTemplate's", redisTemplateLock],
  ["Jedis'", jedisLock],
])(
  "keeps %s lock out while it is held, through renewals, and lets it in afterwards",
  async (_name, sdkLock) => {
    const lock = await (await newProcess()).acquire("token:wx1", 3000, 60_000);
    expect(lock).toBeDefined();
    const theirs = sdkLock();
    const value = await redis.client.get(KEY);
    await throughRenewals(redis.client, KEY, async () => {
      expect(await theirs.tryLock()).toBe(false);
    });
    expect(await redis.client.get(KEY)).toBe(value);
    expect(await redis.client.pttl(KEY)).toBeGreaterThan(0);
    expect(lock?.lost.aborted).toBe(false);
    await lock?.release();
    expect(await theirs.tryLock()).toBe(true);
  },
);

it.each([
  ["RedisTemplate's", redisTemplateLock],
  ["Jedis'", jedisLock],
  ["Redisson's", redissonLock],
])("waits while the backend has %s lock, and leaves it alone", async (_name, sdkLock) => {
  const theirs = sdkLock();
  expect(await theirs.tryLock()).toBe(true);
  const dump = await redis.client.dumpBuffer(KEY);
  const ours = await newProcess();
  expect(await ours.acquire("token:wx1", 10_000)).toBeUndefined();
  expect(await redis.client.dumpBuffer(KEY)).toEqual(dump);
});

it("lapses when its holder has died, for all of them", async () => {
  await (await newProcess()).acquire("token:wx1", 200, 1);
  const theirs = jedisLock();
  await expect.poll(() => theirs.tryLock(), { timeout: 60_000 }).toBe(true);
});

it("takes the lock once that of the backend is given back", async () => {
  for (const sdkLock of [redisTemplateLock(), jedisLock()]) {
    await sdkLock.tryLock();
    await sdkLock.unlock();
    const lock = await (await newProcess()).acquire("token:wx1", 10_000);
    expect(lock).toBeDefined();
    await lock?.release();
    expect(await redis.client.exists(KEY)).toBe(0);
  }
});

it("takes over a lock of a Jedis process that died: it has no TTL, and its value says that it is over", async () => {
  expect(await jedisLock(-1000).tryLock()).toBe(true);
  expect(await redis.client.pttl(KEY)).toBe(-1);
  expect(await (await newProcess()).acquire("token:wx1", 10_000)).toBeDefined();
  await redis.client.set(KEY, String(Date.now() - 1)); // as older versions write it
  expect(await (await newProcess()).acquire("token:wx1", 10_000)).toBeDefined();
});

it("does not take over what lapses by itself, or what is no lock of Jedis'", async () => {
  const over = `${randomUUID()}:${Date.now() - 5000}`;
  await redis.client.set(KEY, over, "PX", 60_000);
  expect(await (await newProcess()).acquire("token:wx1", 10_000)).toBeUndefined();
  await redis.client.set(KEY, "somebody");
  expect(await (await newProcess()).acquire("token:wx1", 10_000)).toBeUndefined();
  expect(await redis.client.get(KEY)).toBe("somebody");
});

it("takes no lock where it has met one of Redisson's, and says which store is right", async () => {
  const ours = await newProcess();
  const theirs = redissonLock();
  await theirs.tryLock();
  expect(await ours.acquire("token:wx1", 10_000)).toBeUndefined();
  await theirs.unlock();
  await expect(ours.acquire("token:wx1", 10_000)).rejects.toMatchObject({
    kind: "config",
    message: expect.stringContaining("Redisson"),
    hint: expect.stringContaining("wxjava-redisson"),
  });
  expect(await redis.client.exists(KEY)).toBe(0);
});

// A backend has one kind: JedisLock takes a value without a time, such as RedisTemplate's, for no lock.
it.each([
  ["RedisTemplate", redisTemplateLock],
  ["Jedis", jedisLock],
])("is held by one of twenty, push-cli's and a backend's with %s, at a time", async (_name, sdkLock) => {
  const locks = await Promise.all(Array.from({ length: 6 }, newProcess));
  let holders = 0;
  let most = 0;
  let turns = 0;
  const work = async (take: () => Promise<(() => Promise<unknown>) | undefined>) => {
    for (let release = await take(); ; release = await take()) {
      if (release === undefined) {
        await sleep(2);
        continue;
      }
      most = Math.max(most, ++holders);
      await sleep(3);
      holders--;
      turns++;
      await release();
      return;
    }
  };
  const theirs = (lock: ReturnType<typeof jedisLock | typeof redisTemplateLock>) =>
    work(async () => ((await lock.tryLock()) ? async () => await lock.unlock() : undefined));
  await Promise.all([
    ...locks.map((ours) =>
      work(async () => {
        const lock = await ours.acquire("token:wx1", 10_000);
        return lock && (() => lock.release());
      }),
    ),
    ...Array.from({ length: 14 }, () => theirs(sdkLock())),
  ]);
  expect([turns, most]).toEqual([20, 1]);
});
