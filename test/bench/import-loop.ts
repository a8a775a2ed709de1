import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { Redis } from "ioredis";

const BATCH = 1000;

/** The loop that people write: a line, JSON.parse, RPUSH, a thousand in a pipeline. It looks for no duplicates. */
export async function importLoop(redisUrl: string, file: string): Promise<number> {
  const redis = new Redis(redisUrl);
  let pushed = 0;
  let pipeline = redis.pipeline();
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const { openId, formId, expire } = JSON.parse(line);
    pipeline.rpush(`mina:openid:${openId}`, JSON.stringify({ formId, expire }));
    pushed++;
    if (pipeline.length < BATCH) continue;
    await pipeline.exec();
    pipeline = redis.pipeline();
  }
  await pipeline.exec();
  redis.disconnect();
  return pushed;
}
