import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { Redis } from "ioredis";
import type { PrivateRedis } from "../../src/local-redis/private-redis.ts";
import type { Measured } from "./child.ts";
import type { loadServer } from "./collector-servers.ts";
import { median } from "./feel.ts";

const CHILD = new URL("child.mjs", import.meta.url).pathname;
const CONNECTIONS = 32;
/** So many that their pools stay as short as pools are, and few enough that each reports several times with its token. */
const USERS = 20_000;
const ROUNDS = 5;

interface Tools {
  scale(users: number): number;
  child(args: string[]): Promise<Measured>;
  report(measure: string, value: number, limit: { least?: number; most?: number }, detail: string): void;
}

interface Server {
  url: string;
  rssMb(): Promise<number>;
  stop(): Promise<void>;
}

/** The collector against a bare server that does the least, same load from a third process; then its memory. */
export async function benchCollector(redis: PrivateRedis, { scale, child, report }: Tools): Promise<void> {
  const signedAtMs = Date.now();
  const load = async (url: string, requests: number) => {
    const measured = await child([
      "collector-load",
      url,
      String(requests),
      String(CONNECTIONS),
      String(USERS),
      String(signedAtMs),
    ]);
    const { seconds, p50Ms, p99Ms } = measured.value as Awaited<ReturnType<typeof loadServer>>;
    return { perSec: requests / seconds, p50Ms, p99Ms };
  };
  const bare = await startServer("collector-bare", redis.url);
  const ours = await startServer("collector-ours", redis.url);
  const requests = scale(100_000);
  const rates: number[] = [];
  const p99s: number[] = [];
  let detail = "";
  // The first one warms both.
  const client = new Redis(redis.url);
  for (let i = 0; i <= ROUNDS; i++) {
    await client.flushall();
    const least = await load(bare.url, requests);
    await client.flushall();
    const most = await load(ours.url, requests);
    if (i === 0) continue;
    rates.push(most.perSec / least.perSec);
    p99s.push(most.p99Ms / least.p99Ms);
    detail = `collector ${tell(most)}; bare ${tell(least)}`;
  }
  const at = `${CONNECTIONS} connections`;
  report(`reports a second, ${at}, against a bare server`, median(rates), { least: 0.7 }, detail);
  report(`p99 of a report, ${at}, against the same`, median(p99s), { most: 3 }, detail);
  client.disconnect();
  await bare.stop();
  await ours.stop();
  await memory(redis, { scale, report, load });
}

function tell({ perSec, p50Ms, p99Ms }: { perSec: number; p50Ms: number; p99Ms: number }): string {
  return `${Math.round(perSec).toLocaleString("en")}/s, p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms`;
}

async function memory(
  redis: PrivateRedis,
  {
    scale,
    report,
    load,
  }: Pick<Tools, "scale" | "report"> & { load(url: string, n: number): Promise<unknown> },
): Promise<void> {
  const ours = await startServer("collector-ours", redis.url);
  await load(ours.url, scale(100_000));
  const early = await ours.rssMb();
  await load(ours.url, scale(900_000));
  const late = await ours.rssMb();
  await ours.stop();
  const detail = `${Math.round(late)} MB against ${Math.round(early)} MB`;
  report(
    `memory of the collector after ${scale(1_000_000)} reports against ${scale(100_000)}`,
    late / early,
    { most: 1.2 },
    detail,
  );
}

async function startServer(mode: string, redisUrl: string): Promise<Server> {
  const server: ChildProcess = fork(CHILD, [mode, redisUrl], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const next = async () => (await once(server, "message"))[0];
  const { url } = await next();
  return {
    url,
    rssMb: async () => {
      const told = next();
      server.send("rss");
      return (await told).rssMb;
    },
    stop: async () => {
      server.disconnect();
      await once(server, "exit");
    },
  };
}
