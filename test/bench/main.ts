import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { Redis } from "ioredis";
import { type PrivateRedis, startPrivateRedis } from "../../src/local-redis/private-redis.ts";
import type { Measured } from "./child.ts";
import { benchCollector } from "./collector.ts";
import { median } from "./feel.ts";
import { benchImport } from "./import.ts";
import { openIdOf } from "./loops.ts";
import { startNginx } from "./nginx.ts";
import { benchPolicy } from "./policy.ts";
import { benchPurge } from "./purge.ts";
import { benchReading } from "./reading.ts";
import { benchStartUp } from "./start-up.ts";
import { benchSubscribe } from "./subscribe.ts";

/**
 * Measures the tool against loops that do less, in one run and as ratios: the machine may be shared and noisy. Each pair
 * runs alternately, several times; the median counts. `--quick` for a tenth of the users.
 */

const CHILD = new URL("child.mjs", import.meta.url).pathname;
const RESULTS = "test/bench/results.json";
const quick = process.argv.includes("--quick");
const only = process.argv.find((arg) => arg.startsWith("--only="))?.slice("--only=".length);
const scale = (users: number) => (quick ? Math.round(users / 10) : users);

interface Row {
  measure: string;
  value: number;
  target: string;
  met: boolean;
  detail: string;
}
const rows: Row[] = [];

function report(
  measure: string,
  value: number,
  limit: { least?: number; most?: number },
  detail: string,
): void {
  const met =
    value >= (limit.least ?? Number.NEGATIVE_INFINITY) && value <= (limit.most ?? Number.POSITIVE_INFINITY);
  const target = limit.least === undefined ? `<= ${limit.most}` : `>= ${limit.least}`;
  rows.push({ measure, value: Number(value.toFixed(3)), target, met, detail });
  console.log(`${met ? "  ok  " : " MISS "} ${measure}: ${value.toFixed(3)} (${target})   ${detail}`);
}

async function child(args: string[], env: Record<string, string> = {}): Promise<Measured> {
  const process_ = fork(CHILD, args, {
    env: { ...process.env, ...env },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const [measured] = (await once(process_, "message")) as [Measured];
  await once(process_, "exit");
  return measured;
}

interface Sink {
  name: string;
  url: string;
  stop(): unknown;
}

/** nginx where there is one and no delay is asked for; else a sink of Node's, which takes more of the machine. */
async function startSink(delayMs: number): Promise<Sink> {
  const nginx = delayMs === 0 ? await startNginx() : undefined;
  if (nginx) return { name: "nginx", ...nginx };
  const sink: ChildProcess = spawn(process.execPath, [CHILD, "sink", String(delayMs)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(sink.stdout!, "data");
  return { name: "Node", url: `http://127.0.0.1:${String(line).trim()}`, stop: () => sink.kill() };
}

/** One plain code for each user. */
async function fill(redis: PrivateRedis, users: number): Promise<void> {
  const client = new Redis(redis.url);
  await client.flushall();
  const expire = Date.now() + 6 * 24 * 3600 * 1000;
  for (let from = 0; from < users; from += 10_000) {
    const pipeline = client.pipeline();
    for (let i = from; i < Math.min(users, from + 10_000); i++) {
      pipeline.rpush(`mina:openid:${openIdOf(i)}`, JSON.stringify({ formId: `form-${i}`, expire }));
    }
    await pipeline.exec();
  }
  client.disconnect();
}

async function tool(redis: PrivateRedis, api: string, args: string[]): Promise<Measured> {
  const measured = await child(["tool", ...args], {
    PUSH_CLI_REDIS_URL: redis.url,
    PUSH_CLI_API_BASE: api,
    PUSH_CLI_APPID: "wx-bench",
    PUSH_CLI_APPSECRET: "bench-secret",
  });
  if (measured.value !== 0)
    throw new Error(`push-cli ${args.join(" ")} ended with exit code ${measured.value}`);
  return measured;
}

const broadcast = (concurrency: number, id = `bench-${Math.random().toString(36).slice(2)}`) => [
  ...["broadcast", "bench-template", "--keywords", "a,b,c", "--yes", "--json", "--quiet", "--id", id],
  ...["--concurrency", String(concurrency)],
];

const perSec = (users: number, { seconds }: Measured) =>
  `${Math.round(users / seconds).toLocaleString("en")}/s`;

async function throughput(redis: PrivateRedis): Promise<void> {
  const sink = await startSink(0);
  // What is the default, and what an operator in a hurry takes.
  await throughputAt(redis, sink, 64, 7);
  await throughputAt(redis, sink, 256, 3);
  await benchSubscribe({ ...tools, redis, url: sink.url, fill, broadcast: () => broadcast(64) });
  await sink.stop();
}

async function throughputAt(
  redis: PrivateRedis,
  sink: Sink,
  concurrency: number,
  rounds: number,
): Promise<void> {
  const users = scale(200_000);
  const raw = await child(["raw", sink.url, String(users), String(concurrency)]);
  console.log(`        ceiling of the sink (${sink.name}): ${perSec(users, raw)}`);
  const speed: number[] = [];
  const cpu: number[] = [];
  let detail = "";
  for (let i = 0; i < rounds; i++) {
    await fill(redis, users);
    const bare = await child(["bare", sink.url, String(users), String(concurrency)]);
    const ours = await tool(redis, sink.url, broadcast(concurrency));
    speed.push(bare.seconds / ours.seconds);
    cpu.push(ours.cpuSeconds / bare.cpuSeconds);
    detail = `tool ${perSec(users, ours)}, bare loop ${perSec(users, bare)}, sink ${perSec(users, raw)}`;
  }
  const at = `concurrency ${concurrency}`;
  report(
    `messages a second, no delay, ${at}, against a bare undici loop`,
    median(speed),
    { least: 0.85 },
    detail,
  );
  report(`CPU time a message, ${at}, against the same loop`, median(cpu), { most: 1.1 }, `${users} users`);
}

async function latency(redis: PrivateRedis): Promise<void> {
  const users = scale(100_000);
  const sink = await startSink(50);
  await fill(redis, users);
  const ours = await tool(redis, sink.url, broadcast(256));
  const rate = users / ours.seconds;
  report(
    "share of 256 / 50 ms, delay 50 ms, concurrency 256",
    rate / (256 / 0.05),
    { least: 0.95 },
    perSec(users, ours),
  );
  const few = 100;
  await fill(redis, few);
  const naive = await child(["naive", redis.url, sink.url, String(few)]);
  await sink.stop();
  report(
    "times one user at a time, delay 50 ms, concurrency 256",
    rate / (few / naive.seconds),
    { least: 200 },
    `one at a time ${perSec(few, naive)}`,
  );
}

async function memory(redis: PrivateRedis): Promise<void> {
  const sink = await startSink(0);
  const peak = async (users: number) => {
    await fill(redis, users);
    return (await tool(redis, sink.url, broadcast(64, `memory-${users}`))).maxRssMb;
  };
  const small = await peak(scale(100_000));
  const large = await peak(scale(1_000_000));
  await sink.stop();
  const detail = `${Math.round(large)} MB against ${Math.round(small)} MB`;
  report("peak memory at 1,000,000 users against 100,000", large / small, { most: 1.2 }, detail);
  report("peak memory at 1,000,000 users, MB", large, { most: 200 }, detail);
  await resumeSweep(redis);
}

/** Over what `memory` leaves: a million settled users. */
async function resumeSweep(redis: PrivateRedis): Promise<void> {
  const users = scale(1_000_000);
  const id = `memory-${users}`;
  const sink = await startSink(0);
  const client = new Redis(redis.url);
  await client.hset(`mina:broadcast:${id}`, "status", "interrupted");
  client.disconnect();
  const bare = await child(["sweep", redis.url, id]);
  if (bare.value !== users) throw new Error(`the sweep met ${bare.value} settled users, not ${users}`);
  const ours = await tool(redis, sink.url, ["broadcast", "resume", id, "--yes", "--json", "--quiet"]);
  await sink.stop();
  report(
    "sweep over settled users: time against a bare SCAN with HEXISTS",
    ours.seconds / bare.seconds,
    { most: 2 },
    `tool ${perSec(users, ours)}, bare ${perSec(users, bare)}`,
  );
}

const tools = { scale, child, tool, report };

async function policy(redis: PrivateRedis): Promise<void> {
  const sink = await startSink(0);
  await benchPolicy({ ...tools, redis, url: sink.url, fill, broadcast: () => broadcast(64) });
  await sink.stop();
}

const PARTS: Record<string, (redis: PrivateRedis) => Promise<void>> = {
  throughput,
  policy,
  latency,
  memory,
  purge: (redis) => benchPurge(redis, tools),
  reading: (redis) => benchReading(redis, tools),
  import: (redis) => benchImport(redis, tools),
  collector: (redis) => benchCollector(redis, tools),
  startUp: (redis) => benchStartUp(redis, tools),
};

const redis = await startPrivateRedis();
try {
  console.log(
    `${cpus().length} cores, Node ${process.version}${quick ? ", --quick: a tenth of the users" : ""}`,
  );
  for (const [name, part] of Object.entries(PARTS)) {
    if (!only || only.split(",").includes(name)) await part(redis);
  }
} finally {
  await redis.stop();
}
writeFileSync(
  RESULTS,
  `${JSON.stringify({ at: new Date().toISOString(), node: process.version, cores: cpus().length, quick, rows }, null, 2)}\n`,
);
console.table(rows.map(({ measure, value, target, met }) => ({ measure, value, target, met })));
