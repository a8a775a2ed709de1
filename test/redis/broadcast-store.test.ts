import { setTimeout as sleep } from "node:timers/promises";
import { beforeEach, describe, expect, it } from "vitest";
import type { BroadcastRecord, RunInfo, RunState } from "../../src/broadcast/record.ts";
import { createBroadcastStore } from "../../src/redis/broadcast-store.ts";
import { connectRedis } from "../../src/redis/connect.ts";
import { createKeys } from "../../src/redis/keys.ts";
import type { RedisLink } from "../../src/redis/link.ts";
import { useTestRedis } from "../helpers/use-redis.ts";

const DAY_SEC = 24 * 3600;

const redis = useTestRedis();

function store() {
  return redis.open.stores.broadcasts;
}

function record(fields: Partial<BroadcastRecord> = {}): BroadcastRecord {
  return {
    id: "b1",
    firstRunId: "run1",
    appid: "wx-sandbox",
    message: {
      templateId: "T-1",
      fields: ["a, b", "", '"c"\n', "表"].map((value, i) => ({ name: `keyword${i + 1}`, value })),
      page: "pages/i?a=b",
      options: { emphasis: "2" },
    },
    audience: "pools",
    limit: 10,
    rate: 2.5,
    status: "running",
    reason: undefined,
    startedAtMs: 1_800_000_000_000,
    finishedAtMs: undefined,
    result: undefined,
    ...fields,
  };
}

describe("a record", () => {
  it("is loaded as it was created", async () => {
    expect(await store().create(record())).toBe(true);
    expect(await store().load("b1")).toEqual(record());
    expect(await store().load("b2")).toBeUndefined();
  });

  it("lives for 90 days, beside a list of all that does not expire", async () => {
    await store().create(record());
    const ttl = await redis.client.ttl("mina:broadcast:b1");
    expect(ttl).toBeGreaterThan(90 * DAY_SEC - 60);
    expect(ttl).toBeLessThanOrEqual(90 * DAY_SEC);
    await store().update("b1", { status: "finished" });
    expect(await redis.client.ttl("mina:broadcast:b1")).toBeGreaterThan(90 * DAY_SEC - 60);
    expect(await redis.client.ttl("mina:broadcasts")).toBe(-1);
  });

  it("is not replaced by another run's of the same id", async () => {
    await store().create(record());
    expect(await store().create(record({ firstRunId: "run2", appid: "other" }))).toBe(false);
    expect(await store().load("b1")).toEqual(record());
  });

  it("is created once, though the call comes twice", async () => {
    await store().create(record());
    await store().update("b1", { status: "stopped", reason: "quota" });
    expect(await store().create(record())).toBe(true);
    expect(await store().load("b1")).toMatchObject({ status: "stopped", reason: "quota" });
  });

  it("is there whole or not at all when Redis refuses the write", async () => {
    await redis.client.config("SET", "maxmemory", "1", "maxmemory-policy", "noeviction");
    await expect(store().create(record())).rejects.toMatchObject({ kind: "redis", transient: true });
    await redis.client.config("SET", "maxmemory", "0");
    expect(await redis.client.exists("mina:broadcast:b1")).toBe(0);
    expect(await store().create(record())).toBe(true);
  });

  it("takes new fields and keeps the others", async () => {
    await store().create(record());
    await store().update("b1", { status: "stopped", reason: "why: 'this'", finishedAtMs: 1_800_000_000_500 });
    expect(await store().load("b1")).toEqual(
      record({ status: "stopped", reason: "why: 'this'", finishedAtMs: 1_800_000_000_500 }),
    );
  });

  it("is none when the key holds something else", async () => {
    await redis.client.hset("mina:broadcast:b1", "a", "b");
    expect(await store().load("b1")).toBeUndefined();
    await redis.client.set("mina:broadcast:b2", "x");
    await expect(store().load("b2")).rejects.toMatchObject({ kind: "redis" });
  });
});

describe("the list", () => {
  it("has the newest first, as many as asked for, without those that are gone", async () => {
    for (const id of ["b1", "b3", "b2", "b4"]) {
      await store().create(record({ id }));
      await sleep(2);
    }
    expect((await store().list(10)).map(({ id }) => id)).toEqual(["b4", "b2", "b3", "b1"]);
    expect((await store().list(2)).map(({ id }) => id)).toEqual(["b4", "b2"]);
    await redis.client.del("mina:broadcast:b2");
    expect((await store().list(10)).map(({ id }) => id)).toEqual(["b4", "b3", "b1"]);
    await redis.client.flushall();
    expect(await store().list(10)).toEqual([]);
  });

  it("forgets those of more than 90 days ago", async () => {
    await redis.client.zadd("mina:broadcasts", Date.now() - 91 * DAY_SEC * 1000, "old");
    await redis.client.zadd("mina:broadcasts", Date.now() - 89 * DAY_SEC * 1000, "newer");
    await store().create(record());
    expect(await redis.client.zrange("mina:broadcasts", "0", "-1")).toEqual(["newer", "b1"]);
  });

  it.each([
    ["100 days ahead", Date.now() + 100 * DAY_SEC * 1000],
    ["in 1970", 0],
  ])("keeps all of them when the clock of one machine is %s", async (_, startedAtMs) => {
    await store().create(record({ id: "b1" }));
    await store().create(record({ id: "wrong", startedAtMs }));
    await store().create(record({ id: "b2" }));
    expect((await store().list(10)).map(({ id }) => id).sort()).toEqual(["b1", "b2", "wrong"]);
  });
});

const RUN: RunInfo = { runId: "run1", host: "h", pid: 7, sinceMs: 1_800_000_000_000 };
const STATE: RunState = {
  untilMs: 1_800_000_005_000,
  codes: { spent: 1, expired: 2, refused: 3, released: 4 },
  errors: [{ errcode: null, errmsg: "timeout", count: 5 }],
};
const LEASE_MS = 15_000;

describe("a run", () => {
  beforeEach(async () => {
    await store().create(record());
  });

  it("is alive from its start to its end", async () => {
    expect(await store().runs("b1")).toEqual([]);
    await store().beginRun("b1", RUN, STATE, LEASE_MS);
    expect(await store().runs("b1")).toEqual([{ ...RUN, ...STATE, alive: true }]);
    expect(await store().leaseLeftMs("b1", "run1")).toBeGreaterThan(LEASE_MS - 5000);
    const pttl = await redis.client.pttl("mina:broadcast:b1:run:run1");
    expect(pttl).toBeLessThanOrEqual(LEASE_MS);
    await store().endRun("b1", RUN, { ...STATE, untilMs: 9 });
    expect(await store().runs("b1")).toEqual([{ ...RUN, ...STATE, untilMs: 9, over: true, alive: false }]);
    expect(await store().leaseLeftMs("b1", "run1")).toBe(0);
  });

  it("beats, and is told when its heartbeat had lapsed", async () => {
    await store().beginRun("b1", RUN, STATE, LEASE_MS);
    expect(await store().beat("b1", RUN, { ...STATE, untilMs: 1 }, 60)).toBe(true);
    while ((await store().runs("b1"))[0]?.alive) await sleep(5);
    expect(await store().runs("b1")).toMatchObject([{ untilMs: 1, alive: false }]);
    expect(await store().leaseLeftMs("b1", "run1")).toBe(0);
    expect(await store().beat("b1", RUN, { ...STATE, untilMs: 2 }, LEASE_MS)).toBe(false);
    expect(await store().runs("b1")).toMatchObject([{ untilMs: 2, alive: true }]);
  });

  it("that ends between the two looks at it is not taken for dead", async () => {
    await store().beginRun("b1", RUN, STATE, LEASE_MS);
    const link = await connectRedis({ url: redis.url, shownUrl: redis.url });
    const exists = async (key: string) => {
      await store().endRun("b1", RUN, { ...STATE, ended: true });
      return redis.client.exists(key);
    };
    const client = { hgetall: (key: string) => redis.client.hgetall(key), exists };
    const keys = createKeys({ keyPrefix: "mina:", poolPrefix: "mina:openid:" });
    const slow = createBroadcastStore({ ...link, client } as unknown as RedisLink, keys);
    expect(await slow.runs("b1")).toMatchObject([{ ended: true, over: true, alive: false }]);
    link.close();
  });

  it("that starts is never met without its heartbeat, and taken for dead", async () => {
    const link = await connectRedis({ url: redis.url, shownUrl: redis.url });
    const seen: boolean[][] = [];
    const look = async <T>(done: T) => {
      seen.push((await store().runs("b1")).map(({ alive }) => alive));
      return done;
    };
    const observed = {
      ...link,
      run: async (...args: Parameters<RedisLink["run"]>) => look(await link.run(...args)),
      client: { set: async (...args: [string, string]) => look(await redis.client.set(...args)) },
    };
    const keys = createKeys({ keyPrefix: "mina:", poolPrefix: "mina:openid:" });
    await createBroadcastStore(observed as unknown as RedisLink, keys).beginRun("b1", RUN, STATE, LEASE_MS);
    expect(seen.flat()).not.toContain(false);
    expect(seen.at(-1)).toEqual([true]);
    link.close();
  });

  it("is declared dead by others", async () => {
    await store().beginRun("b1", RUN, STATE, LEASE_MS);
    await store().buryRun("b1", "run1");
    expect(await store().runs("b1")).toMatchObject([{ runId: "run1", alive: false }]);
  });

  it("is one of several, oldest first, of its own broadcast", async () => {
    await store().create(record({ id: "b2" }));
    for (const [runId, sinceMs] of [
      ["z", 3],
      ["a", 2],
      ["m", 1],
    ] as const) {
      await store().beginRun("b1", { ...RUN, runId, sinceMs }, STATE, LEASE_MS);
    }
    expect((await store().runs("b1")).map(({ runId }) => runId)).toEqual(["m", "a", "z"]);
    expect(await store().runs("b2")).toEqual([]);
  });

  it("leaves the record's own fields alone", async () => {
    await store().beginRun("b1", { ...RUN, runId: "status" }, STATE, LEASE_MS);
    expect(await store().load("b1")).toEqual(record());
  });
});

describe("a listed audience", () => {
  const of = { id: "b1", firstRunId: "run1" };

  async function read(owner = of): Promise<string[]> {
    const all: string[] = [];
    for await (const page of store().audience(owner)) all.push(...page.openIds);
    return all;
  }

  it("is read as it was written, in pages", async () => {
    const openIds = Array.from({ length: 3000 }, (_, i) => `o${i}`);
    for (let at = 0; at < openIds.length; at += 1000)
      await store().addAudience(of, { openIds: openIds.slice(at, at + 1000) }, at);
    expect(await read()).toEqual(openIds);
    const pages: number[] = [];
    for await (const page of store().audience(of)) pages.push(page.openIds.length);
    expect(pages).toEqual([1000, 1000, 1000]);
    expect(await read({ ...of, firstRunId: "run2" })).toEqual([]);
  });

  it("is not cut short where Redis lost a part of it: the next page says so", async () => {
    const page = (from: number) => ({ openIds: Array.from({ length: 1000 }, (_, i) => `o${from + i}`) });
    await store().addAudience(of, page(0), 0);
    // Once more, because the reply was lost.
    await store().addAudience(of, page(0), 0);
    const [key] = await redis.client.keys("mina:broadcast:b1:audience:*");
    await redis.client.ltrim(key!, 0, 499);
    await expect(store().addAudience(of, page(1000), 1000)).rejects.toMatchObject({
      kind: "redis",
      message: `Redis lost a part of '${key}': 1000 entries were written, and it holds 500`,
    });
  });

  it("keeps rows with the users, and those left out beside them", async () => {
    const rows = [
      ["Ann", "a b"],
      ["", '"\\n"'],
    ];
    await store().addAudience(of, { openIds: ["a", "b"], rows }, 0);
    await store().addInvalid(of, [{ openId: "c", line: 4, why: "it is empty" }], 0);
    const pages = [];
    for await (const page of store().audience(of)) pages.push(page);
    expect(pages).toEqual([{ openIds: ["a", "b"], rows }]);
    await store().dropAudience(of);
    expect(await read()).toEqual([]);
    const left = [];
    for await (const some of store().invalid(of)) left.push(...some);
    expect(left).toEqual([{ openId: "c", line: 4, why: "it is empty" }]);
    expect(await redis.client.ttl("mina:broadcast:b1:invalid:run1")).toBeGreaterThan(8 * DAY_SEC - 60);
    await store().delete(of);
    expect(await redis.client.keys("*")).toEqual([]);
  });

  it("takes a part once, though the call comes twice", async () => {
    await store().addAudience(of, { openIds: ["a", "b"] }, 0);
    await store().addAudience(of, { openIds: ["a", "b"] }, 0);
    await store().addAudience(of, { openIds: ["c"] }, 2);
    await store().addAudience(of, { openIds: ["c"] }, 2);
    expect(await read()).toEqual(["a", "b", "c"]);
  });

  it("lives for 8 days, or until it is dropped", async () => {
    await store().addAudience(of, { openIds: ["a"] }, 0);
    const ttl = await redis.client.ttl("mina:broadcast:b1:audience:run1");
    expect(ttl).toBeGreaterThan(8 * DAY_SEC - 60);
    expect(ttl).toBeLessThanOrEqual(8 * DAY_SEC);
    await store().dropAudience(of);
    expect(await read()).toEqual([]);
    await store().dropAudience(of);
  });
});
