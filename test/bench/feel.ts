import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { setPriority } from "node:os";
import type { Redis } from "ioredis";
import type { PrivateRedis } from "../../src/local-redis/private-redis.ts";
import type { Measured } from "./child.ts";
import type { Pings } from "./ping.ts";

/** What a part of the bench works with. */
export interface BenchTools {
  /** As many as the part wants, or a tenth of them. */
  scale(users: number): number;
  child(args: string[]): Promise<Measured>;
  tool(redis: PrivateRedis, api: string, args: string[]): Promise<Measured>;
  report(measure: string, value: number, limit: { least?: number; most?: number }, detail: string): void;
}

/** What another client of Redis felt meanwhile. */
export interface Felt {
  pings: Pings;
}

export const NO_API = "http://127.0.0.1:9";

/** Runs `work` while a process of its own measures PING. */
export async function feel<T>(
  redis: PrivateRedis,
  work: () => Promise<T>,
): Promise<{ value: T; pings: Pings }> {
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

export async function favourRedis(client: Redis): Promise<void> {
  const [, pid] = /^process_id:(\d+)/m.exec(await client.info("server")) ?? [];
  favour(Number(pid));
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

export function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

const FILL = `
for i = tonumber(ARGV[1]), tonumber(ARGV[2]) - 1 do
  local code = '{"formId":"1f2e3d4c5b6a79880a1b2c3d' .. string.format("%08d", i)
  redis.call("RPUSH", string.format("mina:openid:o%027d", i), code .. 'a","expire":' .. ARGV[3] .. "}",
    code .. 'b","expire":' .. ARGV[4] .. "}", code .. 'c","expire":' .. ARGV[4] .. "}")
end`;

/** An empty Redis, but for pools of three codes each, the oldest of which is expired. */
export async function fillPools(client: Redis, users: number): Promise<void> {
  await client.flushall();
  const expired = Date.now() - 3_600_000;
  const valid = Date.now() + 6 * 24 * 3_600_000;
  for (let from = 0; from < users; from += 5000) {
    await client.eval(FILL, 0, from, Math.min(users, from + 5000), expired, valid);
  }
}
