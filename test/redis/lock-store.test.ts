import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { connectRedis } from "../../src/redis/connect.ts";
import { createKeys } from "../../src/redis/keys.ts";
import type { RedisLink } from "../../src/redis/link.ts";
import { createLockStore } from "../../src/redis/lock-store.ts";
import type { HeldLock } from "../../src/token/ports.ts";
import { startTestRedis, type TestRedis } from "../helpers/redis.ts";
import { throughRenewals } from "./renewals.ts";

const KEY = "mina:lock:purge";

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

/** Each one is a process of its own. */
async function newProcess() {
  const link = await connectRedis({ url: redis.url, shownUrl: redis.url });
  links.push(link);
  const store = createLockStore(link, createKeys({ keyPrefix: "mina:", poolPrefix: "mina:openid:" }));
  return { link, ...store };
}

function untilLost(lock: HeldLock): Promise<unknown> {
  if (lock.lost.aborted) return Promise.resolve();
  return new Promise((resolve) => lock.lost.addEventListener("abort", resolve, { once: true }));
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(10);
}

it("is held by one process at a time", async () => {
  const [a, b] = [await newProcess(), await newProcess()];
  const lock = await a.acquire("purge", 60_000);
  expect(await b.acquire("purge", 60_000)).toBeUndefined();
  expect(await a.acquire("purge", 60_000)).toBeUndefined();
  expect(await b.acquire("other", 60_000)).toBeDefined();
  await lock?.release();
  expect(await redis.client.exists(KEY)).toBe(0);
  expect(await b.acquire("purge", 60_000)).toBeDefined();
});

it("is given to one of fifty that ask at once", async () => {
  const processes = await Promise.all(Array.from({ length: 5 }, newProcess));
  const got = await Promise.all(
    Array.from({ length: 50 }, (_, i) => processes[i % 5]!.acquire("purge", 60_000)),
  );
  expect(got.filter((lock) => lock !== undefined)).toHaveLength(1);
});

it("has a token of its owner's and a lifetime in Redis", async () => {
  const { acquire } = await newProcess();
  const lock = await acquire("purge", 30_000);
  const token = await redis.client.get(KEY);
  expect(token).toMatch(/^[0-9a-f-]{36}$/);
  expect(await redis.client.pttl(KEY)).toBeGreaterThan(20_000);
  expect(await redis.client.pttl(KEY)).toBeLessThanOrEqual(30_000);
  await lock?.release();
  await acquire("purge", 30_000);
  expect(await redis.client.get(KEY)).not.toBe(token);
});

it("is renewed for as long as it is held", async () => {
  const [a, b] = [await newProcess(), await newProcess()];
  const lock = await a.acquire("purge", 3000);
  await throughRenewals(redis.client, KEY, async () => {
    expect(await b.acquire("purge", 3000)).toBeUndefined();
  });
  expect(lock?.lost.aborted).toBe(false);
  await lock?.release();
  expect(await b.acquire("purge", 3000)).toBeDefined();
});

it("lapses when its holder is gone, and is then somebody else's", async () => {
  const [a, b] = [await newProcess(), await newProcess()];
  const lock = await a.acquire("purge", 600);
  a.link.close();
  await until(async () => (await b.acquire("purge", 60_000)) !== undefined);
  await untilLost(lock!);
});

describe("taken over by somebody else", () => {
  it("is known as lost at the next renewal, and left to its new owner", async () => {
    const { acquire } = await newProcess();
    const lock = (await acquire("purge", 300))!;
    await redis.client.set(KEY, "somebody else", "PX", 60_000);
    await untilLost(lock);
    await lock.release();
    expect(await redis.client.get(KEY)).toBe("somebody else");
  });

  it("is not deleted by a release that comes first", async () => {
    const { acquire } = await newProcess();
    const lock = (await acquire("purge", 60_000))!;
    await redis.client.set(KEY, "somebody else");
    await lock.release();
    expect(await redis.client.get(KEY)).toBe("somebody else");
  });
});

it("is taken anew when it lapsed and nobody else has it", async () => {
  const { acquire } = await newProcess();
  const lock = (await acquire("purge", 3000))!;
  await redis.client.del(KEY);
  await until(async () => (await redis.client.exists(KEY)) === 1);
  expect(lock.lost.aborted).toBe(false);
  await lock.release();
  expect(await redis.client.exists(KEY)).toBe(0);
});

it("is known as lost once it may have lapsed, though Redis can't be asked", async () => {
  const own = await startTestRedis();
  const link = await connectRedis({ url: own.url, shownUrl: own.url });
  links.push(link);
  const store = createLockStore(link, createKeys({ keyPrefix: "mina:", poolPrefix: "mina:openid:" }));
  const lock = (await store.acquire("purge", 600))!;
  await own.server.kill();
  // Commands wait for the connection for half a minute; the lock must not.
  await Promise.race([
    untilLost(lock),
    sleep(25_000).then(() => Promise.reject(new Error("not lost after 25 s"))),
  ]);
  await own.stop();
});

it("is not taken back after it was lost", async () => {
  const { acquire } = await newProcess();
  const lock = (await acquire("purge", 300))!;
  await redis.client.set(KEY, "somebody else");
  await untilLost(lock);
  await redis.client.del(KEY);
  await sleep(400);
  expect(await redis.client.exists(KEY)).toBe(0);
});

it("is renewed for as long as its work may take, and then lapses", async () => {
  const { acquire } = await newProcess();
  const lock = (await acquire("purge", 1500, 1700))!;
  let before = await redis.client.pttl(KEY);
  await until(async () => {
    const left = await redis.client.pttl(KEY);
    const renewed = left > before;
    before = left;
    return renewed;
  });
  await untilLost(lock);
  await until(async () => (await redis.client.exists(KEY)) === 0);
});

it("is not renewed after its release", async () => {
  const { acquire } = await newProcess();
  const lock = (await acquire("purge", 300))!;
  await lock.release();
  await sleep(400);
  expect(await redis.client.exists(KEY)).toBe(0);
  expect(lock.lost.aborted).toBe(false);
});

it("is its owner's own when the answer to taking it got lost, and it is asked for again", async () => {
  const { link } = await newProcess();
  const set = async (...args: unknown[]) => {
    await redis.client.call("SET", ...(args as string[]));
    // The client has sent the command a second time.
    return redis.client.call("SET", ...(args as string[]));
  };
  const get = (key: string) => redis.client.get(key);
  const lossy = { ...link, client: { set, get } } as unknown as RedisLink;
  const keys = createKeys({ keyPrefix: "mina:", poolPrefix: "mina:openid:" });
  const lock = await createLockStore(lossy, keys).acquire("purge", 60_000);
  expect(lock).toBeDefined();
  expect(await createLockStore(lossy, keys).acquire("purge", 60_000)).toBeUndefined();
  await lock?.release();
  expect(await redis.client.exists(KEY)).toBe(0);
});

it("is given back with all others that a process holds when it is told to end", async () => {
  const { acquire, releaseAll } = await newProcess();
  await acquire("purge", 60_000);
  await (await acquire("token:a", 60_000))?.release();
  await acquire("token:b", 60_000);
  expect((await redis.client.keys("mina:lock:*")).sort()).toEqual([KEY, "mina:lock:token:b"]);
  await releaseAll();
  expect(await redis.client.keys("mina:lock:*")).toEqual([]);
});
