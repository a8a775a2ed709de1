import { Redis } from "ioredis";
import type { PrivateRedis } from "../../src/local-redis/private-redis.ts";
import type { Measured } from "./child.ts";
import { type BenchTools, type Felt, favourRedis, feel, fillPools, median, NO_API } from "./feel.ts";
import type { Pings } from "./ping.ts";

/**
 * `purge` over pools of three codes each, the oldest of which is expired, so that every pool is written to. It is measured
 * against a client-side loop that only reads; a third process measures meanwhile what another client feels.
 */

const ROUNDS = 3;
const SLOW_US = 5000;

interface Round {
  loop: Measured & Felt;
  purge: Measured & Felt & { slow: number; scriptUs: number };
}

export async function benchPurge(redis: PrivateRedis, tools: BenchTools): Promise<void> {
  const client = new Redis(redis.url);
  const users = tools.scale(1_000_000);
  await favourRedis(client);
  const idle = await feel(redis, () => new Promise((resolve) => setTimeout(resolve, 2000)));
  const rounds: Round[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    await fillPools(client, users);
    // The one that is second finds warmer caches and a busier allocator: take turns.
    const loop = i % 2 === 0 ? await runLoop(redis, users, tools) : undefined;
    const purge = await runPurge(redis, client, users, tools);
    if (!loop) await fillPools(client, users);
    rounds.push({ purge, loop: loop ?? (await runLoop(redis, users, tools)) });
  }
  client.disconnect();
  reportRounds(rounds, idle.pings, users, tools);
}

function reportRounds(rounds: Round[], idle: Pings, users: number, { report }: BenchTools): void {
  const middle = (pick: (round: Round) => number) => median(rounds.map(pick));
  const perSec = (seconds: number) => `${Math.round(users / seconds).toLocaleString("en")} pools/s`;
  const ms = (value: number) => `${value.toFixed(2)} ms`;
  report(
    "purge: time against a client-side loop that only reads",
    middle(({ purge, loop }) => purge.seconds / loop.seconds),
    { most: 1 },
    `purge ${perSec(middle(({ purge }) => purge.seconds))}, loop ${perSec(middle(({ loop }) => loop.seconds))}`,
  );
  report(
    "purge: another client's PING, 99th percentile, ms",
    middle(({ purge }) => purge.pings.p99),
    { most: 5 },
    `beside the loop ${ms(middle(({ loop }) => loop.pings.p99))}, idle ${ms(idle.p99)}; ` +
      `median ${ms(middle(({ purge }) => purge.pings.p50))}, worst ${ms(Math.max(...rounds.map(({ purge }) => purge.pings.max)))}`,
  );
  report(
    "purge: scripts in SLOWLOG at 5 ms",
    Math.max(...rounds.map(({ purge }) => purge.slow)),
    { most: 0 },
    `a script call takes ${ms(middle(({ purge }) => purge.scriptUs) / 1000)} on average`,
  );
}

async function runLoop(redis: PrivateRedis, users: number, { child }: BenchTools): Promise<Measured & Felt> {
  const { value, pings } = await feel(redis, () => child(["purge-loop", redis.url]));
  if (value.value !== users) throw new Error(`the loop met ${value.value} expired codes, not ${users}`);
  return { ...value, pings };
}

async function runPurge(redis: PrivateRedis, client: Redis, users: number, { tool }: BenchTools) {
  await client.config("SET", "slowlog-log-slower-than", SLOW_US);
  await client.slowlog("RESET");
  await client.config("RESETSTAT");
  const { value, pings } = await feel(redis, () => tool(redis, NO_API, ["purge", "--json", "--quiet"]));
  const left = await client.llen(poolKey(users - 1));
  if (left !== 2) throw new Error(`purge left ${left} codes in the last pool, not 2`);
  const entries = (await client.slowlog("GET", 128)) as [number, number, number, string[]][];
  const slow = entries.filter(([, , , [name = ""]]) => /^eval/i.test(name)).length;
  const stats = await client.info("commandstats");
  const scriptUs = Number(/^cmdstat_evalsha:.*usec_per_call=([\d.]+)/m.exec(stats)?.[1]);
  return { ...value, pings, slow, scriptUs };
}

function poolKey(i: number): string {
  return `mina:openid:o${String(i).padStart(27, "0")}`;
}
