import { Redis } from "ioredis";

/** The loop that people write: SCAN, a pipelined LRANGE each, JSON.parse. Counts expired codes, writes nothing. */
export async function purgeLoop(redisUrl: string): Promise<number> {
  const redis = new Redis(redisUrl);
  const now = Date.now();
  let cursor = "0";
  let expired = 0;
  do {
    const [next, keys] = await redis.scan(cursor, "MATCH", "mina:openid:*", "COUNT", 1000, "TYPE", "list");
    cursor = next;
    const pipeline = redis.pipeline();
    for (const key of keys) pipeline.lrange(key, 0, -1);
    for (const [, entries] of (await pipeline.exec()) ?? []) {
      for (const entry of entries as string[]) if (JSON.parse(entry).expire <= now) expired++;
    }
  } while (cursor !== "0");
  redis.disconnect();
  return expired;
}
