import { afterAll, beforeAll, beforeEach } from "vitest";
import { startTestRedis, type TestRedis } from "./redis.ts";

/** A Redis for a test file, empty before every test. */
export function useTestRedis(): TestRedis {
  const redis = {} as TestRedis;
  beforeAll(async () => {
    Object.assign(redis, await startTestRedis());
  });
  beforeEach(async () => {
    await redis.client.flushall();
  });
  afterAll(() => redis.stop?.());
  return redis;
}
