import { Redis } from "ioredis";
import type { PrivateRedis } from "../../src/local-redis/private-redis.ts";
import type { Measured } from "./child.ts";
import { type BenchTools, type Felt, favourRedis, feel, fillPools, median, NO_API } from "./feel.ts";

/**
 * The verbs that read every pool, over pools of three codes each: against the client-side loop that people write (SCAN, a
 * pipelined LRANGE each, JSON.parse), which counts and prints nothing.
 */

const ROUNDS = 5;
const VERBS = {
  "pool stats": ["pool", "stats", "--quiet"],
  "pool list": ["pool", "list", "--quiet"],
  "pool export": ["pool", "export", "--quiet"],
};

type Round = Record<string, Measured & Felt>;

export async function benchReading(redis: PrivateRedis, tools: BenchTools): Promise<void> {
  const client = new Redis(redis.url);
  await favourRedis(client);
  const users = tools.scale(300_000);
  await fillPools(client, users);
  const works: [string, () => Promise<Measured>][] = [
    ["loop", () => tools.child(["purge-loop", redis.url])],
    ...Object.entries(VERBS).map(([name, args]): [string, () => Promise<Measured>] => [
      name,
      () => tools.tool(redis, NO_API, args),
    ]),
  ];
  const rounds: Round[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    const round: Round = {};
    // Each in every place: the first finds other caches than the last.
    for (const [name, work] of [...works.slice(i % works.length), ...works.slice(0, i % works.length)]) {
      const { value, pings } = await feel(redis, work);
      round[name] = { ...value, pings };
    }
    rounds.push(round);
  }
  for (const name of Object.keys(VERBS)) reportVerb(name, rounds, users, tools);
  await benchMemory(redis, client, tools);
  client.disconnect();
}

function reportVerb(name: string, rounds: Round[], users: number, { report }: BenchTools): void {
  const middle = (pick: (verb: Measured & Felt, loop: Measured & Felt) => number) =>
    median(rounds.map((round) => pick(round[name]!, round.loop!)));
  const perSec = (seconds: number) => `${Math.round(users / seconds).toLocaleString("en")} pools/s`;
  const ms = (value: number) => `${value.toFixed(2)} ms`;
  report(
    `${name}: time against a client-side loop`,
    middle((verb, loop) => verb.seconds / loop.seconds),
    { most: 1 },
    `tool ${perSec(middle((verb) => verb.seconds))}, loop ${perSec(middle((_, loop) => loop.seconds))}; ` +
      `CPU time ${middle((verb, loop) => verb.cpuSeconds / loop.cpuSeconds).toFixed(2)} of the loop's`,
  );
  report(
    `${name}: another client's PING, 99th percentile, ms`,
    middle((verb) => verb.pings.p99),
    { most: 5 },
    `beside the loop ${ms(middle((_, loop) => loop.pings.p99))}; worst ${ms(middle((verb) => verb.pings.max))}`,
  );
}

async function benchMemory(redis: PrivateRedis, client: Redis, tools: BenchTools): Promise<void> {
  const peaks: number[][] = [];
  for (const users of [tools.scale(100_000), tools.scale(1_000_000)]) {
    await fillPools(client, users);
    const runs: number[] = [];
    for (const args of Object.values(VERBS)) runs.push((await tools.tool(redis, NO_API, args)).maxRssMb);
    peaks.push(runs);
  }
  const [small = [], large = []] = peaks;
  for (const [i, name] of Object.keys(VERBS).entries()) {
    tools.report(
      `${name}: peak memory at 1,000,000 pools against 100,000`,
      large[i]! / small[i]!,
      { most: 1.2 },
      `${Math.round(large[i]!)} MB against ${Math.round(small[i]!)} MB`,
    );
  }
}
