import { Redis } from "ioredis";
import { systemClock } from "../../src/clock.ts";
import { type OpenStores, openStores } from "../../src/redis/stores.ts";
import {
  type PrivateRedis,
  type PrivateRedisOptions,
  startPrivateRedis,
} from "../../src/sandbox/private-redis.ts";

/** A Redis of a test file's own, with a plain client to seed it and to look behind the scenes. */
export interface TestRedis {
  readonly server: PrivateRedis;
  readonly url: string;
  readonly client: Redis;
  /** What the tool sees of it. */
  readonly open: OpenStores;
  /** All entries of a pool, as bytes. */
  entries(openId: string): Promise<string[]>;
  /** Appends raw entries (latin1) to a pool, as a backend does. */
  push(openId: string, ...entries: string[]): Promise<void>;
  /** Every list under the pool prefix: "lists before, lists after". */
  pools(): Promise<Record<string, string[]>>;
  stop(): Promise<void>;
}

export async function startTestRedis(options: PrivateRedisOptions = {}): Promise<TestRedis> {
  const server = await startPrivateRedis(options);
  const client = new Redis(server.url, { maxRetriesPerRequest: null });
  // Tests that stop the server on purpose lose this connection too; it comes back by itself.
  client.on("error", () => undefined);
  const open = await openStores({
    keyPrefix: "mina:",
    poolPrefix: "mina:openid:",
    redisUrl: server.url,
    shownUrl: server.url,
    clock: systemClock,
  });
  const read = async (key: string) =>
    (await client.lrangeBuffer(key, 0, -1)).map((bytes) => bytes.toString("latin1"));
  return {
    server,
    url: server.url,
    client,
    open,
    entries: (openId) => read(`mina:openid:${openId}`),
    push: async (openId, ...entries) => {
      await client.rpush(`mina:openid:${openId}`, ...entries.map((entry) => Buffer.from(entry, "latin1")));
    },
    pools: async () => {
      const pools: Record<string, string[]> = {};
      for (const key of (await client.keys("mina:openid:*")).sort()) pools[key] = await read(key);
      return pools;
    },
    stop: async () => {
      open.close();
      client.disconnect();
      await server.stop();
    },
  };
}

/** An entry in the plain form. */
export function plainEntry(formId: string, expireMs: number): string {
  return JSON.stringify({ formId, expire: expireMs });
}
