import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { openClient, SECRET } from "../commands/collector/running.ts";
import { bearer } from "../commands/collector/session.ts";
import { startTestRedis, type TestRedis } from "../helpers/redis.ts";
import { type Relay, startRelay } from "../helpers/relay.ts";
import { type Running, useBuiltCli } from "./built-cli.ts";

const cli = useBuiltCli({ PUSH_CLI_COLLECTOR_SECRET: SECRET });
const socketPath = join(cli.folder, "c.sock");
const client = openClient(socketPath);
const STARTED = /"event":"started".*\n/;
const REPORT = { headers: bearer("oA"), body: { codes: [{ formId: "code-0001" }] } };

let redis: TestRedis;
let relay: Relay;
/** Scripts wait for it. */
let gate = Promise.resolve();
let scripts = 0;

beforeAll(async () => {
  redis = await startTestRedis();
  relay = await startRelay([redis.client], async (command) => {
    if (!command.startsWith("EVAL")) return undefined;
    scripts++;
    await gate;
    return undefined;
  });
  cli.env.PUSH_CLI_REDIS_URL = relay.url;
});
beforeEach(async () => {
  await redis.client.flushall();
  gate = Promise.resolve();
  scripts = 0;
});
afterAll(async () => {
  await client.close();
  await relay?.close();
  await redis?.stop();
});

async function start(): Promise<Running> {
  const collector = cli.start(["collector", "--listen", `unix:${socketPath}`], { stdin: "" });
  await collector.shows(STARTED);
  return collector;
}

it("a report that is in hand at SIGTERM is finished, what comes later is not taken, and the exit code is 0", async () => {
  const collector = await start();
  // The script is in Redis, and the connection is made.
  expect((await client.ask("/codes", REPORT)).status).toBe(200);
  let open = () => {};
  gate = new Promise((resolve) => {
    open = resolve;
  });
  const before = scripts;
  const body = { codes: [{ formId: "code-0002" }] };
  const answer = client.ask("/codes", { ...REPORT, body });
  await expect.poll(() => scripts).toBeGreaterThan(before);
  collector.child.kill("SIGTERM");
  await collector.shows(/"event":"stopping","signal":"sigterm"/);
  open();
  const { headers, json } = await answer;
  expect(json()).toMatchObject({ taken: 1 });
  // A client that kept the connection would keep the collector.
  expect(headers.connection).toBe("close");
  const { code, stdout, stderr } = await collector.done;
  expect({ code, stderr }).toEqual({
    code: 0,
    stderr: `listening on unix:${socketPath}; press Ctrl-C to stop\n`,
  });
  for (const line of stdout.trimEnd().split("\n")) expect(JSON.parse(line)).toHaveProperty("event");
  expect(await redis.entries("oA")).toHaveLength(2);
  await expect(client.ask("/healthz")).rejects.toThrow("ENOENT");
});

it("a second signal ends it at once", async () => {
  const collector = await start();
  const slow = connect(socketPath);
  slow.on("error", () => {});
  await once(slow, "connect");
  const { authorization } = REPORT.headers;
  slow.write(
    `POST /codes HTTP/1.1\r\nHost: c\r\nAuthorization: ${authorization}\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{`,
  );
  // The request has come in once one that was sent after it is answered.
  await client.ask("/healthz");
  collector.child.kill("SIGTERM");
  await collector.shows(/"event":"stopping"/);
  collector.child.kill("SIGTERM");
  const { code, stderr } = await collector.done;
  expect({ code, end: stderr.endsWith("ended at once\n") }).toEqual({ code: 143, end: true });
  slow.destroy();
});

it("takes the place of one that was killed, socket file and all", async () => {
  const killed = await start();
  killed.child.kill("SIGKILL");
  await killed.done;
  const collector = await start();
  expect((await client.ask("/codes", REPORT)).status).toBe(200);
  const second = await cli.run(["collector", "--listen", `unix:${socketPath}`]);
  expect(second).toMatchObject({
    code: 2,
    stdout: "",
    stderr: expect.stringMatching(/it is in use\nhint: /),
  });
  collector.child.kill("SIGINT");
  expect(await collector.done).toMatchObject({ code: 130 });
});

it("answers 503 while Redis is away, and takes the report when it is back", async () => {
  const collector = await start();
  await relay.close();
  expect((await client.ask("/codes", REPORT)).status).toBe(503);
  expect((await client.ask("/healthz")).status).toBe(503);
  const port = Number(new URL(relay.url).port);
  const back = await startRelay([redis.client], () => undefined, port);
  await expect.poll(async () => (await client.ask("/healthz")).status, { timeout: 20_000 }).toBe(200);
  expect((await client.ask("/codes", REPORT)).status).toBe(200);
  collector.child.kill("SIGTERM");
  expect(await collector.done).toMatchObject({ code: 0 });
  await back.close();
});
