import { Redis } from "ioredis";
import { systemClock } from "../../src/clock.ts";
import {
  type PrivateRedis,
  type PrivateRedisOptions,
  startPrivateRedis,
} from "../../src/local-redis/private-redis.ts";
import { type OpenStores, openStores } from "../../src/redis/stores.ts";

/** What tests look at, whether it is one server or a cluster. */
export interface RedisView {
  readonly url: string;
  readonly client: Pick<Redis, "hgetall">;
  /** Appends raw entries (latin1) to a pool, as a backend does. */
  push(openId: string, ...entries: string[]): Promise<void>;
  /** The keys of a pattern, of all servers. */
  keys(pattern: string): Promise<string[]>;
  /** Every list under the pool prefix: "lists before, lists after". */
  pools(): Promise<Record<string, string[]>>;
}

/** A Redis of a test file's own, with a plain client to seed it and to look behind the scenes. */
export interface TestRedis extends RedisView {
  readonly server: PrivateRedis;
  readonly client: Redis;
  /** What the tool sees of it. */
  readonly open: OpenStores;
  /** All entries of a pool, as bytes. */
  entries(openId: string): Promise<string[]>;
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
  const view = viewRedis(server.url, client, (pattern) => client.keys(pattern));
  return {
    server,
    ...view,
    client,
    open,
    entries: (openId) => readEntries(client, `mina:openid:${openId}`),
    stop: async () => {
      open.close();
      client.disconnect();
      await server.stop();
    },
  };
}

/** The way to look at the Redis behind a client. */
export function viewRedis(
  url: string,
  client: Pick<Redis, "lrangeBuffer" | "rpush" | "hgetall">,
  keys: RedisView["keys"],
): RedisView {
  return {
    url,
    client,
    keys,
    push: async (openId, ...entries) => {
      await client.rpush(`mina:openid:${openId}`, ...entries.map((entry) => Buffer.from(entry, "latin1")));
    },
    pools: async () => {
      const pools: Record<string, string[]> = {};
      for (const key of (await keys("mina:openid:*")).sort()) pools[key] = await readEntries(client, key);
      return pools;
    },
  };
}

async function readEntries(client: Pick<Redis, "lrangeBuffer">, key: string): Promise<string[]> {
  return (await client.lrangeBuffer(key, 0, -1)).map((bytes) => bytes.toString("latin1"));
}

/** An entry in the plain form. */
export function plainEntry(formId: string, expireMs: number): string {
  return JSON.stringify({ formId, expire: expireMs });
}

/** A pool's key as Java's default RedisTemplate writes it: a serialized String, its length in two bytes. */
export function javaPoolKey(openId: string): Buffer {
  const key = Buffer.from(`mina:openid:${openId}`);
  return Buffer.concat([Buffer.from([0xac, 0xed, 0, 5, 0x74, 0, key.length]), key]);
}
