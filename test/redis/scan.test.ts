import { expect, it } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { openStores } from "../../src/redis/stores.ts";
import { useTestRedis } from "../helpers/use-redis.ts";

const redis = useTestRedis();

async function collect(pages: AsyncIterable<string[]>): Promise<string[]> {
  const all: string[] = [];
  for await (const page of pages) all.push(...page);
  return all;
}

it("meets every pool, and nothing but pools whose openId can be used", async () => {
  const openIds = Array.from({ length: 3500 }, (_, i) => `o${i}`);
  const pipeline = redis.client.pipeline();
  for (const openId of openIds) pipeline.rpush(`mina:openid:${openId}`, "x");
  pipeline.rpush("mina:openid:a b", "x").rpush("mina:openid:", "x").rpush("mina:openid:{o}", "x");
  pipeline
    .rpush(Buffer.from("mina:openid:\xff\xfe", "latin1"), "x")
    .rpush("xmina:openid:o", "x")
    .rpush("mina:openId:o", "x");
  pipeline
    .set("mina:openid:text", "x")
    .hset("mina:openid:hash", "a", "b")
    .hset("{mina:openid:o1}:sends", "b", "x");
  await pipeline.exec();
  expect(new Set(await collect(redis.open.stores.pools.sweep()))).toEqual(new Set(openIds));
  expect(await collect(redis.open.stores.sweepLedgers())).toEqual(["o1"]);
});

it("meets nobody in an empty Redis", async () => {
  expect(await collect(redis.open.stores.pools.sweep())).toEqual([]);
});

it("can be left early", async () => {
  for (let i = 0; i < 3000; i++) redis.client.rpush(`mina:openid:o${i}`, "x");
  await redis.client.ping();
  for await (const page of redis.open.stores.pools.sweep()) {
    expect(page.length).toBeGreaterThan(0);
    break;
  }
});

it.each(["a[b]:", "*", "?x*", "a\\b:", "[^a]", "{a[b}:", "用户:"])(
  "takes the prefix %s literally",
  async (poolPrefix) => {
    const open = await openStores({
      keyPrefix: "mina:",
      poolPrefix,
      redisUrl: redis.url,
      shownUrl: redis.url,
      clock: systemClock,
    });
    const others = ["ab:", "a", "b:", "xx", "xyx", "a:", "{ab}:", "ab", "\\"];
    for (const prefix of others) await redis.client.rpush(`${prefix}other`, "x");
    await redis.client.rpush(`${poolPrefix}mine`, `{"formId":"f","expire":4102444800000}`);
    expect(await collect(open.stores.pools.sweep())).toEqual(["mine"]);
    expect(open.stores.pools.keyOf("mine")).toBe(`${poolPrefix}mine`);
    const ledger = open.stores.ledger({ broadcastId: "b", runId: "r" });
    expect(await ledger.claim(["mine"])).toMatchObject([{ status: "claimed", formId: "f" }]);
    expect(await collect(open.stores.sweepLedgers())).toEqual(["mine"]);
    open.close();
  },
);
