import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { openStores } from "../../src/redis/stores.ts";
import { plainEntry, startTestRedis, type TestRedis } from "../helpers/redis.ts";
import { dumpAll, PAST } from "./seed.ts";

let redis: TestRedis;
beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());
beforeEach(() => redis.client.flushall());

const SOON = Date.now() + 3_600_000;
/** What a claim does first to each of these pools needs another right. */
const POOLS: Record<string, string[]> = {
  plain: [plainEntry("f1", SOON), plainEntry("f2", SOON)],
  behind: [plainEntry("f3", PAST), plainEntry("f4", SOON), plainEntry("f5", SOON)],
  list: [`[${plainEntry("f6", SOON)},${plainEntry("f7", SOON)}]`],
};

it.each([
  ["plain", "lpop"],
  ["behind", "ltrim"],
  ["list", "lset"],
])("a claim from the pool '%s' without the right to %s takes nothing", async (openId, command) => {
  await redis.client.call("ACL", "SETUSER", "few", "on", ">few", "~*", "+@all", `-${command}`);
  await redis.push(openId, ...POOLS[openId]!);
  const before = await dumpAll(redis);
  const url = redis.url.replace("redis://", "redis://few:few@");
  const opened = await openStores({
    keyPrefix: "mina:",
    poolPrefix: "mina:openid:",
    redisUrl: url,
    shownUrl: redis.url,
    clock: systemClock,
  });
  const claimed = opened.stores.ledger({ broadcastId: "b", runId: "r" }).claim([openId]);
  await expect(claimed.finally(opened.close)).rejects.toThrow(command);
  expect(await dumpAll(redis)).toEqual(before);
});
