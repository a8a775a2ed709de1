import { afterAll, beforeAll, expect, it } from "vitest";
import { type Sandbox, startSandbox } from "../../src/sandbox/sandbox.ts";
import { cliEnv } from "../helpers/cli.ts";
import { startTestRedis, type TestRedis } from "../helpers/redis.ts";
import { useBuiltCli } from "./built-cli.ts";

const cli = useBuiltCli();
const OPEN_IDS = Array.from({ length: 30 }, (_, i) => `o${i}`);
let redis: TestRedis;
let sandbox: Sandbox;

beforeAll(async () => {
  redis = await startTestRedis();
  sandbox = await startSandbox({ acceptAny: true });
  Object.assign(cli.env, cliEnv(redis.url, sandbox.url), {
    PUSH_CLI_CHANNEL: "wechat-mp",
    PUSH_CLI_COLLECTOR_SECRET: "0123456789abcdef0123456789abcdef",
    PUSH_CLI_CALLBACK_TOKEN: "sandboxToken",
  });
});
afterAll(async () => {
  await sandbox?.close();
  await redis?.stop();
});

it("a collector takes in what became of messages, and receipts settle what a killed run left behind", async () => {
  const collector = cli.start(["collector", "--listen", "127.0.0.1:0"], { stdin: "" });
  const started = /listening on (http:\/\/)?(\S+?);/;
  await collector.shows(started);
  const [, , address = ""] = started.exec(collector.stderr) ?? [];
  sandbox.setCallback({ url: `http://${address}/callback`, delayMs: 20, format: "xml" });
  const args = ["broadcast", "template-1", "--keywords", "a", "--id", "b1", "--yes", "--json"];
  const first = await cli.start([...args, "--to", ...OPEN_IDS], { stdin: "" }).done;
  expect(JSON.parse(first.stdout).outcomes).toMatchObject({ sent: 30 });
  const kept = async () => (await redis.client.keys("mina:mp:*:receipts")).length;
  await expect.poll(kept, { timeout: 60_000 }).toBe(30);
  // As if it had been killed before any answer came, eleven minutes ago.
  const old = Date.now() - 11 * 60_000;
  for (const openId of OPEN_IDS)
    await redis.client.hset(`mina:mp:{${openId}}:sends`, "b1", `claimed gone 1 ${old} 2 1 0 - 0\n-`);
  await redis.client.hset("mina:broadcast:b1", "status", "interrupted");
  const resumed = await cli.start(["broadcast", "resume", "b1", "--yes", "--json", "--wait-receipts", "1s"], {
    stdin: "",
  }).done;
  const { outcomes } = JSON.parse(resumed.stdout);
  expect(outcomes).toMatchObject({ sent: 30, unknown: 0 });
  expect(sandbox.stats()).toMatchObject({ delivered: 30, maxPerUser: 1 });
  collector.child.kill("SIGTERM");
  expect((await collector.done).code).toBe(0);
});
