import { expect, test } from "vitest";
import { startSandbox } from "../../src/sandbox/sandbox.ts";
import { cliEnv, runCli } from "../helpers/cli.ts";
import { freePort } from "../platforms/servers.ts";
import { drive, hurriedClock } from "./drive.ts";
import {
  broadcast,
  checkBooks,
  countCodes,
  dumpAll,
  giveUsers,
  ledgers,
  outcomes,
  TEMPLATE,
  until,
  useWorld,
} from "./world.ts";

const world = useWorld({ sandbox: { latencyMs: 20 } });
const errorOf = (stderr: string) => JSON.parse(stderr.trimEnd().split("\n").at(-1)!).error;

test("an API that is not there costs nothing: exit 7, nothing written", async () => {
  await giveUsers(world, 5);
  const before = await dumpAll(world);
  const base = `http://127.0.0.1:${await freePort()}`;
  const result = await broadcast(world, [], { env: { PUSH_CLI_API_BASE: base } });
  expect(result).toMatchObject({ code: 7, stdout: "" });
  expect(errorOf(result.stderr)).toMatchObject({
    code: "api",
    message: expect.stringContaining(base.slice("http://".length)),
    hint: expect.stringContaining("--api-base"),
  });
  expect(await dumpAll(world)).toEqual(before);
});

test("an API that is not there, with a token in store: exit 7, all codes back byte for byte", async () => {
  await giveUsers(world, 30, { codes: 2 });
  await giveUsers(world, 10, { prefix: "other" });
  await world.redis.client.set("mina:access_token:wx-sandbox", "a-stored-token", "EX", 3600);
  const before = await world.redis.pools();
  const result = await runCli(
    ["broadcast", TEMPLATE, "--json", "--yes", "--no-keywords", "--id", "b-1", "--concurrency", "8"],
    { env: cliEnv(world.redis.url, `http://127.0.0.1:${await freePort()}`) },
  );
  expect(result.code).toBe(7);
  expect(errorOf(result.stderr)).toMatchObject({
    code: "api",
    message: expect.stringContaining("connection refused"),
  });
  expect(errorOf(result.stderr).hint).toContain("push-cli broadcast resume b-1");
  const document = await checkBooks(world, result, 70);
  expect(document).toMatchObject({ status: "stopped", outcomes: outcomes({}), open: 0, codes: { spent: 0 } });
  expect(await world.redis.pools()).toEqual(before);
  expect(await ledgers(world)).toEqual(new Map());
});

test("an API that dies in mid-run: exit kind api, open claims told, everything accounted for", async () => {
  await giveUsers(world, 400);
  const running = drive(world, { clock: hurriedClock(10), concurrency: 16, maxOutageMs: 20_000 });
  await until(() => world.sandbox.stats().delivered >= 100);
  await world.sandbox.close();
  const { result, run, json } = await running;
  world.sandbox = await reopen();
  expect(run.stopReason).toMatchObject({
    exit: "api",
    status: "stopped",
    message: expect.stringMatching(/^the API has been down for \d+ s: connection refused/),
  });
  expect(result.outages?.count).toBe(1);
  expect(result.outages?.ms).toBeGreaterThanOrEqual(20_000);
  expect(result.status).toBe("stopped");
  // Requests that were in flight may have arrived: their records wait for resume, with their codes.
  expect(result.open).toBeLessThanOrEqual(16);
  expect(result.outcomes).toEqual(outcomes({ sent: result.outcomes.sent }));
  expect(result.outcomes.sent + result.open).toBeGreaterThanOrEqual(100);
  expect((await countCodes(world)) + result.codes.spent + result.open).toBe(400);
  expect(json<unknown>()).toBe(result);
});

test("an API that comes back within the backoff is worth waiting for", async () => {
  await giveUsers(world, 100);
  const options = { port: await freePort(), latencyMs: 20, acceptAny: true };
  let api = await startSandbox(options);
  const running = runCli(["broadcast", TEMPLATE, "--json", "--yes", "--no-keywords", "--concurrency", "8"], {
    env: cliEnv(world.redis.url, api.url),
  });
  await until(() => api.stats().delivered >= 30);
  const first = api.stats();
  await api.close();
  await new Promise((resolve) => setTimeout(resolve, 300));
  api = await startSandbox(options);
  const result = await running;
  const second = api.stats();
  await api.close();
  // The new API knows neither the old one's token nor its codes: 40001 leads to a new token, and what was in flight
  // when it died is delivered by the new one as far as the old one had not.
  expect(result.code, result.stderr).toBe(0);
  expect(result.json()).toMatchObject({ outcomes: outcomes({ sent: 100 }), open: 0, codes: { spent: 100 } });
  expect(first.delivered + second.delivered).toBeGreaterThanOrEqual(100);
  expect(first.delivered + second.delivered).toBeLessThanOrEqual(108);
  expect([...(await ledgers(world)).values()].filter((state) => state === "sent")).toHaveLength(100);
});

/** The sandbox of the tests that follow. */
function reopen() {
  return startSandbox({ latencyMs: 20 });
}
