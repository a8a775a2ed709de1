import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { findFreePort } from "../../src/local-redis/free-port.ts";
import { startSandbox } from "../../src/sandbox/sandbox.ts";
import { cliEnv, runCli } from "../helpers/cli.ts";
import { eventually, killMaster } from "../helpers/cluster.ts";
import { plainEntry } from "../helpers/redis.ts";
import { MASTER, startTestSentinels, type TestSentinels } from "../helpers/sentinel.ts";
import { type Books, broadcast, checkBooks, HOUR_MS, outcomes, setFaults, until } from "./world.ts";

let sentinels: TestSentinels;
let books: Books;
beforeAll(async () => {
  sentinels = await startTestSentinels();
  books = { redis: sentinels, sandbox: await startSandbox({ latencyMs: 10 }) };
});
afterAll(async () => {
  await books?.sandbox.close();
  await sentinels?.stop();
});
beforeEach(async () => {
  await sentinels.client.flushall();
  books.sandbox.reset();
});

async function refusal(redisUrl: string): Promise<string> {
  const { code, stderr } = await runCli(["pool", "list"], { env: cliEnv(redisUrl) });
  expect(code).toBe(6);
  return stderr;
}

test("a master that the Sentinels don't know, and Sentinels that are not there, are said to be so", async () => {
  expect(await refusal(sentinels.url.replace(MASTER, "nobody"))).toMatch(
    /the Sentinels know no master of that name at redis\+sentinel:\S+\/nobody: .*\nhint: redis-cli -p 26379 sentinel masters/,
  );
  const url = `redis+sentinel://:s3cret@127.0.0.1:${await findFreePort()}/${MASTER}`;
  const told = await refusal(url);
  expect(told).toMatch(
    /no Sentinel could name the master at redis\+sentinel:\/\/:\*\*\*@127.0.0.1:\d+\/push-master: none of them answers\n/,
  );
  expect(told).toContain("hint: check the Sentinels in PUSH_CLI_REDIS_URL");
});

test("one Sentinel of several is enough, and the master's database is chosen", async () => {
  await sentinels.client.select(3);
  await sentinels.push("oA", plainEntry("f", Date.now() + HOUR_MS));
  await sentinels.client.select(0);
  const url = `${sentinels.url.replace("://", `://127.0.0.1:${await findFreePort()},`)}/3`;
  const shown = await runCli(["pool", "show", "oA", "--json"], { env: cliEnv(url) });
  expect(shown.json()).toMatchObject({ valid: 1 });
});

test("a master killed in mid-run: the Sentinels name another, the broadcast goes on and finishes", async () => {
  const expire = Date.now() + HOUR_MS;
  for (let i = 0; i < 1200; i++) {
    books.sandbox.registerCodes([{ openId: `u${i}`, formId: `f${i}`, expire }]);
    void sentinels.push(`u${i}`, plainEntry(`f${i}`, expire));
  }
  await sentinels.client.ping();
  setFaults(books, "reset-after:3", "busy:3");
  const running = broadcast(books, ["--concurrency", "16"]);
  await until(() => books.sandbox.stats().delivered >= 300);
  const [master, replica] = sentinels.servers;
  await killMaster(master, sentinels.to(master));
  await eventually(async () => (await sentinels.masterPort()) === replica.port);
  const result = await running;
  expect(result.code, result.stderr).toBe(0);
  const document = await checkBooks(books, result, 1200);
  expect(document).toMatchObject({ status: "finished", outcomes: outcomes({ sent: 1200 }), open: 0 });
  expect(books.sandbox.stats()).toMatchObject({ delivered: 1200, maxPerUser: 1 });
  expect(await sentinels.pools()).toEqual({});
});
