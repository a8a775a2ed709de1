import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect } from "vitest";
import { noOutcomes, type Outcome } from "../../src/broadcast/outcome.ts";
import type { BroadcastResult } from "../../src/broadcast/record.ts";
import type { PrivateRedisOptions } from "../../src/local-redis/private-redis.ts";
import { readEntry } from "../../src/pool/read-entry.ts";
import {
  type Fault,
  parseFault,
  type Sandbox,
  type SandboxOptions,
  startSandbox,
} from "../../src/sandbox/sandbox.ts";
import { type CliOptions, type CliResult, cliEnv, runCli } from "../helpers/cli.ts";
import { plainEntry, type RedisView, startTestRedis, type TestRedis } from "../helpers/redis.ts";

export const TEMPLATE = "template-1";
export const HOUR_MS = 3_600_000;

/** Redis and the API as one broadcast meets them, with what is needed to check the books afterwards. */
export interface World {
  redis: TestRedis;
  sandbox: Sandbox;
}

/** Where the books of a broadcast are kept: its codes and ledgers, and the platform's own records. */
export interface Books {
  redis: RedisView;
  sandbox: Sandbox;
}

/** A Redis and a sandbox for a test file, empty before every test. */
export function useWorld(
  options: {
    sandbox?: SandboxOptions | (() => SandboxOptions);
    redis?: PrivateRedisOptions | undefined;
  } = {},
): World {
  const world = {} as World;
  const sandboxOptions = typeof options.sandbox === "function" ? options.sandbox() : options.sandbox;
  beforeAll(async () => {
    world.redis = await startTestRedis(options.redis);
    world.sandbox = await startSandbox(sandboxOptions);
  });
  beforeEach(async () => {
    await world.redis.client.flushall();
    world.sandbox.reset();
  });
  afterAll(async () => {
    await world.sandbox?.close();
    await world.redis?.stop();
  });
  return world;
}

/** A folder for a test file, gone at its end. */
export function useFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), "push-cli-test-"));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** The code of a user that the platform issued: in the user's pool and known to the sandbox. */
export async function giveCode(
  { redis, sandbox }: Books,
  openId: string,
  formId: string,
  { expire = Date.now() + HOUR_MS, uses = 1 }: { expire?: number; uses?: number } = {},
): Promise<string> {
  sandbox.registerCodes([{ openId, formId, expire, uses }]);
  const entry = uses === 1 ? plainEntry(formId, expire) : JSON.stringify({ formId, expire, uses });
  await redis.push(openId, entry);
  return entry;
}

/** `count` users with `codes` valid codes each: u0, u1, ... with u0-a, u0-b, ... */
export async function giveUsers(
  { redis, sandbox }: World,
  count: number,
  { codes = 1, prefix = "u" } = {},
): Promise<string[]> {
  const expire = Date.now() + HOUR_MS;
  const openIds = Array.from({ length: count }, (_, i) => `${prefix}${i}`);
  const pipeline = redis.client.pipeline();
  for (const openId of openIds) {
    const formIds = Array.from({ length: codes }, (_, i) => `${openId}-${String.fromCharCode(97 + i)}`);
    sandbox.registerCodes(formIds.map((formId) => ({ openId, formId, expire })));
    pipeline.rpush(`mina:openid:${openId}`, ...formIds.map((formId) => plainEntry(formId, expire)));
  }
  await pipeline.exec();
  return openIds;
}

export function setFaults({ sandbox }: Books, ...faults: string[]): void {
  sandbox.setFaults(faults.map((text): Fault => parseFault(text)));
}

/** `push-cli broadcast template-1 --json --yes <args>` against this world, a message without keywords unless given. */
export function broadcast(
  { redis, sandbox }: Books,
  args: string[] = [],
  options: CliOptions = {},
): Promise<CliResult> {
  const keywords = args.includes("--keywords") ? [] : ["--no-keywords"];
  return runCli(["broadcast", TEMPLATE, "--json", "--yes", ...keywords, ...args], {
    ...options,
    env: { ...cliEnv(redis.url, sandbox.url), ...options.env },
  });
}

/** Runs a broadcast, delivers `name` once `when` holds, and waits for the end. */
export async function interrupt(
  world: World,
  args: string[],
  when: () => boolean,
  name: "SIGINT" | "SIGTERM" | "SIGHUP" = "SIGINT",
): Promise<CliResult> {
  let signal = (_: typeof name) => {};
  const running = broadcast(world, args, {
    onStart: (deliver) => {
      signal = deliver;
    },
  });
  await until(when);
  signal(name);
  return running;
}

/** Looks every few milliseconds, so that a condition is met soon after it holds. */
export async function until(condition: () => boolean | Promise<boolean>, withinMs = 60_000): Promise<void> {
  const giveUpAt = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > giveUpAt) throw new Error(`not within ${withinMs} ms: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** The ledgers of all users: the first word of each record, by openId. */
export async function ledgers({ redis }: Books): Promise<Map<string, string>> {
  const states = new Map<string, string>();
  for (const key of await redis.keys("{mina:openid:*}:sends")) {
    const openId = key.slice("{mina:openid:".length, -"}:sends".length);
    for (const record of Object.values(await redis.client.hgetall(key))) {
      const state = record.slice(0, record.indexOf(" "));
      // Each test has one broadcast, unless it says otherwise.
      states.set(openId, states.has(openId) ? `${states.get(openId)},${state}` : state);
    }
  }
  return states;
}

/** Codes in all pools, valid or not. */
export async function countCodes({ redis }: Books): Promise<number> {
  let count = 0;
  for (const entries of Object.values(await redis.pools())) {
    for (const entry of entries) {
      const read = readEntry(entry);
      if (read.readable) count += read.codes.length;
    }
  }
  return count;
}

/** Every key with what it holds and whether it lapses. Not DUMP: the order of a hash's fields in it means nothing. */
export async function dumpAll({ redis }: World): Promise<Record<string, unknown>> {
  const { client } = redis;
  const read: Record<string, (key: string) => Promise<unknown>> = {
    string: (key) => client.get(key),
    list: async (key) => (await client.lrangeBuffer(key, 0, -1)).map((bytes) => bytes.toString("latin1")),
    hash: (key) => client.hgetall(key),
    zset: (key) => client.zrange(key, "0", "-1", "WITHSCORES"),
  };
  const dump: Record<string, unknown> = {};
  for (const key of (await client.keys("*")).sort()) {
    dump[key] = { value: await read[await client.type(key)]!(key), lapses: (await client.pttl(key)) >= 0 };
  }
  return dump;
}

/**
 * Checks the books of one broadcast: nobody got two messages, the ledgers say what the document says, and every code
 * that was there before is left in its pool, spent, dropped, or held by an open claim. Returns the document.
 */
export async function checkBooks(
  world: Books,
  result: Pick<CliResult, "json">,
  codesBefore: number,
): Promise<BroadcastResult> {
  const document = result.json<BroadcastResult>();
  const stats = world.sandbox.stats();
  expect(stats.duplicates, "users with two messages").toBe(0);
  const states = await ledgers(world);
  const inLedgers = (state: string) => [...states.values()].filter((found) => found === state).length;
  const { sent, rejected, failed, unknown } = document.outcomes;
  expect(
    {
      sent: inLedgers("sent"),
      rejected: inLedgers("rejected"),
      failed: inLedgers("failed"),
      unknown: inLedgers("unknown"),
      claimed: inLedgers("claimed"),
    },
    "ledgers against document",
  ).toEqual({ sent, rejected, failed, unknown, claimed: document.open });
  if (document.status === "finished") expect(document.open, "open claims of a finished run").toBe(0);
  for (const [openId, state] of states) {
    if (state === "sent") expect(stats.deliveriesByUser[openId], `deliveries to ${openId}`).toBe(1);
    else if (state === "failed") expect(stats.deliveriesByUser[openId], openId).toBeUndefined();
  }
  const { spent, expired, refused } = document.codes;
  expect((await countCodes(world)) + spent + expired + refused + document.open, "codes").toBe(codesBefore);
  return document;
}

/** Outcomes with the zeros filled in. */
export function outcomes(some: Partial<Record<Outcome, number>>): Record<Outcome, number> {
  return { ...noOutcomes(), ...some };
}
