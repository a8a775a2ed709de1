import { afterAll, beforeAll, expect, it } from "vitest";
import { startTestRedis, type TestRedis } from "../helpers/redis.ts";

let redis: TestRedis;
beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());

it("keeps the list of each account for the given time", async () => {
  const { templates } = redis.open;
  expect(await templates.load("wx-one")).toBeUndefined();
  await templates.save("wx-one", '{"标题":1}', 600_000);
  await templates.save("wx-two", "[]", 1000);
  expect(await templates.load("wx-one")).toBe('{"标题":1}');
  expect(await redis.client.get("mina:templates:wx-two")).toBe("[]");
  const ttlMs = await redis.client.pttl("mina:templates:wx-one");
  expect(ttlMs).toBeGreaterThan(500_000);
  expect(ttlMs).toBeLessThanOrEqual(600_000);
});
