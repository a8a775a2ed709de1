import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { Redis } from "ioredis";
import type { PrivateRedis } from "../../src/local-redis/private-redis.ts";
import { type BenchTools, median } from "./feel.ts";

/**
 * What a command costs before it does anything: whole processes of the built program, each against a `node -e 0` next to it.
 * The Redis is as good as empty.
 */

const PROGRAM = join(process.cwd(), "dist", "push-cli.js");
const PAIRS = 25;

const COMMANDS: { words: string[]; most: number }[] = [
  { words: ["--version"], most: 1.1 },
  { words: ["--help"], most: 1.35 },
  { words: ["pool", "show", "oA"], most: 1.9 },
  { words: ["purge", "--quiet"], most: 1.9 },
];

export async function benchStartUp(redis: PrivateRedis, { report }: BenchTools): Promise<void> {
  const client = new Redis(redis.url);
  await client.flushall();
  await client.rpush("mina:openid:oA", JSON.stringify({ formId: "form-1", expire: Date.now() + 86_400_000 }));
  client.disconnect();
  for (const { words, most } of COMMANDS) {
    const pairs = Array.from({ length: PAIRS }, () => {
      const node = timeOf(["-e", "0"], redis.url);
      return { node, ours: timeOf([PROGRAM, ...words], redis.url) };
    });
    const ms = (pick: (pair: (typeof pairs)[number]) => number) => median(pairs.map(pick)).toFixed(0);
    report(
      `start-up: time of ${words.join(" ")} against node -e 0`,
      median(pairs.map(({ node, ours }) => ours / node)),
      { most },
      `tool ${ms(({ ours }) => ours)} ms, node ${ms(({ node }) => node)} ms`,
    );
  }
}

/** The wall time of a process from its start to its end, ms. */
function timeOf(args: string[], redisUrl: string): number {
  const startedAt = performance.now();
  const env = { ...process.env, PUSH_CLI_REDIS_URL: redisUrl };
  const { status, stderr } = spawnSync(process.execPath, args, { env, encoding: "utf8" });
  if (status !== 0) throw new Error(`node ${args.join(" ")} ended with ${status}: ${stderr}`);
  return performance.now() - startedAt;
}
