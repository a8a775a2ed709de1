import { expect, it } from "vitest";
import { plainEntry } from "../helpers/redis.ts";
import { useTestRedis } from "../helpers/use-redis.ts";
import { FAR } from "./seed.ts";

const LEDGER = "{mina:openid:u}:sends";
const DAY_MS = 24 * 3600 * 1000;

const redis = useTestRedis();

it("a ledger lives for eight days from the end of a send, though the code was claimed long before", async () => {
  const ledger = redis.open.stores.ledger({ broadcastId: "b", runId: "r" });
  await redis.push("u", plainEntry("a", FAR));
  await ledger.claim(["u"]);
  const record = (await redis.client.hget(LEDGER, "b")) ?? "";
  // As a claim of yesterday left it.
  const before = record.replace(/^claimed r 1 \d+/, `claimed r 1 ${Date.now() - DAY_MS}`);
  expect(before).not.toBe(record);
  await redis.client.hset(LEDGER, "b", before);
  await redis.client.pexpire(LEDGER, 7 * DAY_MS);
  expect(await ledger.settle([{ openId: "u", outcome: "sent", attempts: 1 }])).toEqual([true]);
  expect(await redis.client.pttl(LEDGER)).toBeGreaterThan(7.9 * DAY_MS);
});
