import { readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import { type Sandbox, startSandbox } from "../../src/sandbox/sandbox.ts";
import { plainEntry, startTestRedis, type TestRedis } from "../helpers/redis.ts";
import type { BuiltCli } from "./built-cli.ts";

export const TEMPLATE = "order-shipped";
export const APPID = "wx-e2e";
const PASSWORD = "pw-of-redis-4711";
const SECRET = "secret-of-the-app-0815";

/** A Redis with a password and a sandbox with a secret of its own, and a watch over both. */
export interface World {
  redis: TestRedis;
  sandbox: Sandbox;
}

/** Settings of `cli` lead there. After the last test, nothing secret may have been printed or written down. */
export function useWorld(cli: BuiltCli, sandboxOptions: Parameters<typeof startSandbox>[0] = {}): World {
  const world = {} as World;
  const tokens = new Set<string>();
  beforeAll(async () => {
    world.redis = await startTestRedis({ password: PASSWORD });
    const options = { acceptAny: true, appid: APPID, secret: SECRET, ...sandboxOptions };
    world.sandbox = await startSandbox(options);
    Object.assign(cli.env, settings(world));
  });
  beforeEach(async () => {
    await world.redis.client.flushall();
    world.sandbox.reset();
  });
  afterEach(async () => {
    const token = await world.redis.client.get(`mina:access_token:${APPID}`);
    if (token) tokens.add(token);
    expect(findSecrets(JSON.stringify(await readRecords(world.redis)), tokens)).toEqual([]);
  });
  afterAll(async () => {
    await world.sandbox?.close();
    await world.redis?.stop();
    expect(findSecrets(cli.printed.join("\n"), tokens)).toEqual([]);
  });
  return world;
}

function settings({ redis, sandbox }: World): Record<string, string> {
  return {
    PUSH_CLI_REDIS_URL: redis.url,
    PUSH_CLI_API_BASE: sandbox.url,
    PUSH_CLI_APPID: APPID,
    PUSH_CLI_APPSECRET: SECRET,
  };
}

/** Which secrets are in `text`; of a token, more than its first six characters is too much. */
export function findSecrets(text: string, tokens: Iterable<string>): string[] {
  return [PASSWORD, SECRET, ...[...tokens].map((token) => token.slice(0, 7))].filter((secret) =>
    text.includes(secret),
  );
}

/** Everything in Redis but the token itself and the pools, which belong to the backend. */
async function readRecords({ client }: TestRedis): Promise<unknown[]> {
  const records: unknown[] = [];
  const keys = await client.keys("*");
  for (const key of keys.filter((key) => !/^mina:(openid|access_token):/.test(key))) {
    const type = await client.type(key);
    if (type === "string") records.push(key, await client.get(key));
    if (type === "hash") records.push(key, await client.hgetall(key));
    if (type === "zset") records.push(key, await client.zrange(key, "0", "-1"));
    if (type === "list") records.push(key, await client.lrange(key, 0, -1));
  }
  return records;
}

const HOUR_MS = 3_600_000;

/** Pools of `count` users with one valid code each: o0000, o0001, ... */
export async function giveUsers(
  { redis }: World,
  count: number,
  expireMs = Date.now() + HOUR_MS,
): Promise<void> {
  const batch = redis.client.pipeline();
  for (let i = 0; i < count; i++) {
    const name = String(i).padStart(4, "0");
    batch.rpush(`mina:openid:o${name}`, plainEntry(`form${name}`, expireMs + i));
  }
  await batch.exec();
}

/** NDJSON of a file. */
export function readLines<T>(path: string): T[] {
  return readFileSync(path, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as T);
}
