import { describe, expect, test } from "vitest";
import type { BroadcastResult } from "../../src/broadcast/record.ts";
import { parseOutage } from "../../src/sandbox/sandbox.ts";
import { runCli } from "../helpers/cli.ts";
import {
  type Books,
  broadcast,
  checkBooks,
  giveCode,
  giveUsers,
  interrupt,
  outcomes,
  setFaults,
  until,
  useWorld,
} from "./world.ts";

const world = useWorld({ sandbox: { latencyMs: 5 } });
const errorOf = (stderr: string) => JSON.parse(stderr.trimEnd().split("\n").at(-1)!).error;

function setOutage({ sandbox }: Books, text: string): void {
  sandbox.setOutage(parseOutage(text));
}

/** Everybody got one message, and the run ended by itself. */
async function checkAllSent(result: { code: number; stderr: string; json<T>(): T }, users: number) {
  expect(result.code, result.stderr).toBe(0);
  const document = await checkBooks(world, result, users);
  expect(document).toMatchObject({ status: "finished", outcomes: outcomes({ sent: users }), open: 0 });
  expect(world.sandbox.stats()).toMatchObject({ delivered: users, maxPerUser: 1, codesUsed: users });
  return document;
}

describe("an outage in mid-run costs nothing but time", () => {
  test.each([
    ["502", 1, 60],
    ["502", 64, 400],
    ["html", 64, 400],
    ["garbage", 64, 400],
    ["busy", 64, 400],
    ["reset", 64, 400],
    ["reset", 1024, 2500],
    ["refuse", 1, 60],
    ["refuse", 64, 400],
    ["silent", 64, 400],
  ])("%s, concurrency %i, %i users", async (kind, concurrency, users) => {
    await giveUsers(world, users);
    setOutage(world, `${users / 4}:1500ms:${kind}`);
    const timeout = kind === "silent" ? "700ms" : "20s";
    const args = ["--concurrency", String(concurrency), "--timeout", timeout];
    const document = await checkAllSent(await broadcast(world, args), users);
    expect(document.outages?.count).toBe(1);
    expect(document.outages?.ms).toBeGreaterThan(500);
    const met = world.sandbox.stats().faults[`outage-${kind}`]!;
    // Those in flight, a row of failures that opens the breaker, and tries.
    if (concurrency > 1) expect(met).toBeLessThan(2 * concurrency + 40);
  });

  test("of the token endpoint alone", async () => {
    for (const kind of ["502", "busy", "reset"]) {
      world.sandbox.reset();
      await world.redis.client.flushall();
      await giveUsers(world, 300);
      const running = broadcast(world, ["--concurrency", "8"]);
      await until(() => world.sandbox.stats().delivered >= 50);
      setOutage(world, `0:1500ms:token-${kind}`);
      world.sandbox.expireTokens();
      const document = await checkAllSent(await running, 300);
      expect(document.outages?.count, kind).toBeGreaterThanOrEqual(1);
    }
  });

  test("of the token: the platform gives the refused one again for a while", async () => {
    await giveUsers(world, 100);
    setFaults(world, "errcode-42001:100");
    const running = broadcast(world, ["--concurrency", "8"]);
    await until(() => (world.sandbox.stats().faults["errcode-42001"] ?? 0) > 9);
    setFaults(world);
    await checkAllSent(await running, 100);
  });

  test("that comes in bits is sat out as well", async () => {
    await giveUsers(world, 600);
    setOutage(world, "100:1s");
    const running = broadcast(world, ["--concurrency", "32"]);
    await until(() => world.sandbox.stats().delivered >= 200);
    setOutage(world, "10:1s:reset");
    expect((await checkAllSent(await running, 600)).outages?.count).toBeGreaterThanOrEqual(1);
  });

  test("of runs side by side: nobody twice, nobody lost", async () => {
    await giveUsers(world, 1500);
    setOutage(world, "400:2s");
    const running = broadcast(world, ["--id", "b-1", "--concurrency", "16"]);
    await until(() => world.sandbox.stats().delivered >= 100);
    const joined = await resume(["b-1", "--join", "--concurrency", "16"]);
    const first = await running;
    expect([first.code, joined.code]).toEqual([0, 0]);
    expect(world.sandbox.stats()).toMatchObject({ delivered: 1500, maxPerUser: 1 });
    const shown = await runCli(["broadcast", "show", "b-1", "--exact", "--json"], { env: env() });
    expect(shown.json<BroadcastResult>()).toMatchObject({ outcomes: { sent: 1500, unknown: 0, failed: 0 } });
  });

  test("of a run that joins in it, before the other has told what it sent", async () => {
    await giveUsers(world, 400);
    setOutage(world, "60:5s");
    const running = broadcast(world, ["--id", "b-1", "--concurrency", "16"]);
    await until(() => world.sandbox.stats().delivered >= 60);
    const joined = await resume(["b-1", "--join", "--concurrency", "16"]);
    const first = await running;
    expect([first.code, joined.code], joined.stderr).toEqual([0, 0]);
    expect(world.sandbox.stats()).toMatchObject({ delivered: 400, maxPerUser: 1 });
  });

  test("codes with several uses: who was in flight is unknown, and no try costs anybody the message", async () => {
    for (let i = 0; i < 60; i++) await giveCode(world, `p${i}`, `wx2026112312000${i}`, { uses: 3 });
    setOutage(world, "20:2s");
    const result = await broadcast(world, ["--concurrency", "4"]);
    expect(result.code).toBe(8);
    const document = result.json<BroadcastResult>();
    // Five failures open it, and up to three more were in flight.
    expect(document.outcomes.unknown).toBeGreaterThanOrEqual(5);
    expect(document.outcomes.unknown).toBeLessThanOrEqual(8);
    expect(document.outcomes.sent).toBe(60 - document.outcomes.unknown);
    expect(world.sandbox.stats().maxPerUser).toBe(1);
  });
});

test("the summary says how often and how long", async () => {
  await giveUsers(world, 100);
  setOutage(world, "50:600ms");
  const args = ["broadcast", "template-1", "--yes", "--no-keywords"];
  const { stdout } = await runCli(args, { env: env() });
  expect(stdout).toMatch(/^outages\.count\t1$/m);
  expect(stdout).toMatch(/^outages\.ms\t\d{3,5}$/m);
});

describe("while the API is down", () => {
  test("heartbeat and progress say so", async () => {
    await giveUsers(world, 200);
    setOutage(world, "50:3s");
    const running = broadcast(world, ["--id", "b-1", "--concurrency", "8"]);
    let waiting: string | null = null;
    await until(async () => {
      const shown = await runCli(["broadcast", "watch", "b-1", "--json", "--timeout", "1s"], { env: env() });
      waiting = shown.stdout;
      return shown.stdout.includes("API down for");
    });
    expect(waiting).toMatch(/API down for \d s: HTTP 502 Bad Gateway; (next try in \d s|trying again)/);
    await checkAllSent(await running, 200);
  });

  test.each(["502", "silent"])("a signal ends the run (%s): codes are back or kept", async (kind) => {
    await giveUsers(world, 200);
    setOutage(world, `50:20s:${kind}`);
    const result = await interrupt(
      world,
      ["--concurrency", "8", "--timeout", "1s", "--id", "b-1"],
      () => (world.sandbox.stats().faults[`outage-${kind}`] ?? 0) > 9,
      "SIGTERM",
    );
    expect(result.code).toBe(143);
    const document = await checkBooks(world, result, 200);
    expect(document).toMatchObject({ status: "interrupted", outcomes: outcomes({ sent: 50 }) });
    expect(document.open).toBeLessThanOrEqual(8 + 20);
    world.sandbox.setOutage(undefined);
    await checkResumed(200);
  });

  test("--max-outage ends the run with exit 7, and resume goes on with the same codes", async () => {
    await giveUsers(world, 300);
    setOutage(world, "100:30s:reset");
    const result = await broadcast(world, ["--id", "b-1", "--concurrency", "16", "--max-outage", "1s"]);
    expect(result.code).toBe(7);
    const document = await checkBooks(world, result, 300);
    expect(document).toMatchObject({
      status: "stopped",
      outcomes: outcomes({ sent: 100 }),
      reason: expect.stringMatching(/^the API has been down for \d s: connection reset/),
    });
    expect(document.open).toBeGreaterThan(0);
    expect(errorOf(result.stderr)).toMatchObject({
      code: "api",
      hint: expect.stringContaining("push-cli broadcast resume b-1"),
    });
    world.sandbox.setOutage(undefined);
    await checkResumed(300);
  });
});

const env = () => ({
  PUSH_CLI_REDIS_URL: world.redis.url,
  PUSH_CLI_API_BASE: world.sandbox.url,
  PUSH_CLI_APPID: "wx-sandbox",
  PUSH_CLI_APPSECRET: "sandbox-secret",
});

function resume(args: string[]) {
  return runCli(["broadcast", "resume", "--json", "--yes", ...args], { env: env() });
}

/** Everybody has the message once, with the code that was claimed first. */
async function checkResumed(users: number): Promise<void> {
  const resumed = await resume(["b-1"]);
  expect(resumed.code, resumed.stderr).toBe(0);
  expect(resumed.json()).toMatchObject({
    status: "finished",
    outcomes: { sent: users, unknown: 0 },
    open: 0,
  });
  expect(world.sandbox.stats()).toMatchObject({ delivered: users, maxPerUser: 1, codesUsed: users });
}
