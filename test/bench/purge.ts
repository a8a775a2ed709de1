import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { setPriority } from "node:os";
import { Redis } from "ioredis";
import type { PrivateRedis } from "../../src/sandbox/private-redis.ts";
import type { Measured } from "./child.ts";
import type { Pings } from "./ping.ts";

/**
 * `purge` over pools of three codes each, the oldest of which is expired, so that every pool is written to. It is measured
 * against a client-side loop that only reads; a third process measures meanwhile what another client feels.
 */

export interface BenchTools {
  users: number;
  child(args: string[]): Promise<Measured>;
  tool(redis: PrivateRedis, api: string, args: string[]): Promise<Measured>;
  report(measure: string, value: number, limit: { least?: number; most?: number }, detail: string): void;
}

const ROUNDS = 3;
const SLOW_US = 5000;
const NO_API = "http://127.0.0.1:9";

interface Round {
  loop: Measured & Felt;
  purge: Measured & Felt & { slow: number; scriptUs: number };
}

interface Felt {
  pings: Pings;
}

export async function benchPurge(redis: PrivateRedis, tools: BenchTools): Promise<void> {
  const client = new Redis(redis.url);
  const [, pid] = /^process_id:(\d+)/m.exec(await client.info("server")) ?? [];
  favour(Number(pid));
  const idle = await feel(redis, () => new Promise((resolve) => setTimeout(resolve, 2000)));
  const rounds: Round[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    await fill(client, tools.users);
    // The one that is second finds warmer caches and a busier allocator: take turns.
    const loop = i % 2 === 0 ? await runLoop(redis, tools) : undefined;
    const purge = await runPurge(redis, client, tools);
    if (!loop) await fill(client, tools.users);
    rounds.push({ purge, loop: loop ?? (await runLoop(redis, tools)) });
  }
  client.disconnect();
  reportRounds(rounds, idle.pings, tools);
}

function reportRounds(rounds: Round[], idle: Pings, { users, report }: BenchTools): void {
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

function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

async function runLoop(redis: PrivateRedis, { child, users }: BenchTools): Promise<Measured & Felt> {
  const { value, pings } = await feel(redis, () => child(["purge-loop", redis.url]));
  if (value.value !== users) throw new Error(`the loop met ${value.value} expired codes, not ${users}`);
  return { ...value, pings };
}

async function runPurge(redis: PrivateRedis, client: Redis, { tool, users }: BenchTools) {
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

/** Runs `work` while a process of its own measures PING. */
async function feel<T>(redis: PrivateRedis, work: () => Promise<T>): Promise<{ value: T; pings: Pings }> {
  const pinger: ChildProcess = fork(new URL("child.mjs", import.meta.url).pathname, [
    "ping",
    String(redis.port),
  ]);
  await once(pinger, "message");
  favour(pinger.pid ?? 0);
  const value = await work();
  pinger.send("stop");
  const [pings] = (await once(pinger, "message")) as [Pings];
  await once(pinger, "exit");
  return { value, pings };
}

/**
 * Three busy processes on two cores: without this the pinger measures how long it waits for a core itself, and SLOWLOG how
 * long Redis does.
 */
function favour(pid: number): void {
  try {
    setPriority(pid, -10);
  } catch {
    console.log("        (may not raise a priority: the figures include waiting for a core)");
  }
}

const FILL = `
for i = tonumber(ARGV[1]), tonumber(ARGV[2]) - 1 do
  local code = '{"formId":"1f2e3d4c5b6a79880a1b2c3d' .. string.format("%08d", i)
  redis.call("RPUSH", string.format("mina:openid:o%027d", i), code .. 'a","expire":' .. ARGV[3] .. "}",
    code .. 'b","expire":' .. ARGV[4] .. "}", code .. 'c","expire":' .. ARGV[4] .. "}")
end`;

function poolKey(i: number): string {
  return `mina:openid:o${String(i).padStart(27, "0")}`;
}

async function fill(client: Redis, users: number): Promise<void> {
  await client.flushall();
  const expired = Date.now() - 3_600_000;
  const valid = Date.now() + 6 * 24 * 3_600_000;
  for (let from = 0; from < users; from += 5000) {
    await client.eval(FILL, 0, from, Math.min(users, from + 5000), expired, valid);
  }
}
