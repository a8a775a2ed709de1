import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Redis } from "ioredis";
import { Pool } from "undici";
import { systemClock } from "../../src/clock.ts";
import { openSessions } from "../../src/collector/session.ts";
import { findFreePort } from "../../src/local-redis/free-port.ts";
import { main } from "../../src/main.ts";
import { processIo } from "../../src/output/process-io.ts";

const SECRET = "the bench's secret, of 32 bytes and more";
const LIFE_MS = 86_400_000;

/** A process that serves tells its address at once, and its memory whenever it is asked. */
function tellOfServer(url: string): void {
  process.on("message", () => process.send?.({ rssMb: process.memoryUsage().rss / 2 ** 20 }));
  process.on("disconnect", () => process.exit());
  process.send?.({ url });
}

/** What people write first: one code a request, appended, no questions asked. */
export function runBareServer(redisUrl: string): void {
  const redis = new Redis(redisUrl);
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", async () => {
      const { openId, codes } = JSON.parse(Buffer.concat(chunks).toString());
      const expire = Date.now() + 7 * 86_400_000;
      await redis.rpush(`mina:openid:${openId}`, JSON.stringify({ formId: codes[0].formId, expire }));
      response.setHeader("content-type", "application/json");
      response.end('{"taken":1}');
    });
  });
  server.listen(0, "127.0.0.1", () => {
    tellOfServer(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  });
}

/** `push-cli collector` itself, with its log, which goes to where the parent sends standard output. */
export async function runCollector(redisUrl: string): Promise<void> {
  const port = await findFreePort();
  const io = processIo();
  const env = {
    ...io.env,
    PUSH_CLI_REDIS_URL: redisUrl,
    PUSH_CLI_COLLECTOR_SECRET: SECRET,
    PUSH_CLI_APPID: "wx-bench",
  };
  const argv = ["collector", "--listen", `127.0.0.1:${port}`, "--requests-per-minute", "100000"];
  const ended = main(argv, { ...io, env }).then((code) => {
    throw new Error(`push-cli ${argv.join(" ")} ended with exit code ${code}`);
  });
  const url = `http://127.0.0.1:${port}`;
  const isUp = async () => (await fetch(`${url}/healthz`).catch(() => undefined))?.ok === true;
  while (!(await Promise.race([isUp(), ended]))) await systemClock.sleep(20);
  tellOfServer(url);
}

/**
 * Asks over so many connections that are kept, each the next as soon as it has its answer. The time is that of the requests alone,
 * without that of signing the tokens.
 */
export async function loadServer(
  url: string,
  requests: number,
  connections: number,
  users: number,
  signedAtMs: number,
): Promise<{ seconds: number; p50Ms: number; p99Ms: number }> {
  // The same tokens in every round, as clients report with one token for days.
  const clock = { ...systemClock, now: () => signedAtMs };
  const sessions = await openSessions({ secret: new TextEncoder().encode(SECRET), lifeMs: LIFE_MS }, clock);
  const openIds = Array.from({ length: users }, (_, i) => `oBench-${String(i).padStart(21, "0")}`);
  const tokens = await Promise.all(openIds.map((openId) => sessions.sign(openId)));
  const pool = new Pool(url, { connections, pipelining: 1 });
  const times: number[] = [];
  const run = `${process.pid}-${Date.now()}`;
  let next = 0;
  const ask = async () => {
    while (next < requests) {
      const i = next++;
      const body = JSON.stringify({
        openId: openIds[i % users],
        codes: [{ formId: `${run}-${i}`, ageMs: 0 }],
      });
      const headers = { "content-type": "application/json", authorization: `Bearer ${tokens[i % users]}` };
      const startedMs = performance.now();
      const answer = await pool.request({ path: "/codes", method: "POST", headers, body });
      const text = await answer.body.text();
      times.push(performance.now() - startedMs);
      if (answer.statusCode !== 200 || !text.includes('"taken":1'))
        throw new Error(`${answer.statusCode} ${text}`);
    }
  };
  const beganMs = performance.now();
  await Promise.all(Array.from({ length: connections }, ask));
  const seconds = (performance.now() - beganMs) / 1000;
  await pool.close();
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.floor(times.length * share)] ?? 0;
  return { seconds, p50Ms: at(0.5), p99Ms: at(0.99) };
}
