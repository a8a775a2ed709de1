import { expect, test } from "vitest";
import type { Run } from "../../src/broadcast/run.ts";
import { cliEnv, runCli } from "../helpers/cli.ts";
import { drive } from "./drive.ts";
import {
  broadcast,
  checkBooks,
  countCodes,
  giveUsers,
  ledgers,
  outcomes,
  setFaults,
  until,
  useWorld,
} from "./world.ts";

const world = useWorld({ sandbox: { latencyMs: 20 }, redis: { persistent: true } });
const delivered = () => world.sandbox.stats().delivered;

test("a Redis that is restarted in mid-run: the broadcast goes on and finishes", async () => {
  await giveUsers(world, 400);
  setFaults(world, "reset-after:3", "busy:3");
  const running = broadcast(world, ["--concurrency", "16"]);
  for (const moment of [60, 160, 260]) {
    await until(() => delivered() >= moment);
    await world.redis.server.kill();
    await world.redis.server.restart();
  }
  const result = await running;
  expect(result.code, result.stderr).toBe(0);
  const document = await checkBooks(world, result, 400);
  expect(document).toMatchObject({ status: "finished", outcomes: outcomes({ sent: 400 }), open: 0 });
  expect(world.sandbox.stats()).toMatchObject({ delivered: 400, maxPerUser: 1 });
  expect(await world.redis.pools()).toEqual({});
});

test("a connection that is cut again and again changes nothing", async () => {
  await giveUsers(world, 300, { codes: 2 });
  await giveUsers(world, 60, { prefix: "invalid_" });
  await giveUsers(world, 60, { prefix: "refused_" });
  const running = broadcast(world, ["--concurrency", "16"]);
  let ended = false;
  const cutting = (async () => {
    while (!ended) {
      await world.redis.client.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
      const before = world.sandbox.stats().requests;
      await until(() => ended || world.sandbox.stats().requests >= before + 8);
    }
  })();
  const result = await running;
  ended = true;
  await cutting;
  expect(result.code, result.stderr).toBe(0);
  const document = await checkBooks(world, result, 720);
  expect(document.outcomes).toEqual(outcomes({ sent: 300, rejected: 120 }));
  expect(world.sandbox.stats()).toMatchObject({ delivered: 300, maxPerUser: 1 });
});

test("a Redis that stays away ends the run in bounded time; the ledger knows what was open", async () => {
  await giveUsers(world, 400);
  const running = drive(world, { reconnectMs: 500, concurrency: 16 });
  await until(() => delivered() >= 100);
  await world.redis.server.kill();
  const { run, result } = await running;
  const deliveredThen = delivered();
  expect(run.stopReason).toMatchObject({ exit: "redis", status: "stopped" });
  expect(run.stopReason?.message).toContain("can't reach Redis");
  expect(result.status).toBe("stopped");
  expect(result.open).toBeGreaterThan(0);

  await world.redis.server.restart();
  await until(async () => (await world.redis.client.ping()) === "PONG");
  const states = [...(await ledgers(world)).values()];
  const claimed = states.filter((state) => state === "claimed").length;
  const sent = states.filter((state) => state === "sent").length;
  expect(claimed).toBeGreaterThan(0);
  expect(claimed + sent).toBe(states.length);
  expect((await countCodes(world)) + claimed + sent, "no code is lost").toBe(400);
  expect(sent).toBeGreaterThanOrEqual(result.outcomes.sent);
  expect(claimed + sent, "every message has a record").toBeGreaterThanOrEqual(deliveredThen);
  expect(world.sandbox.stats().maxPerUser).toBe(1);

  const id = result.broadcastId;
  const resumed = await runCli(["broadcast", "resume", id, "--json", "--yes"], {
    env: cliEnv(world.redis.url, world.sandbox.url),
  });
  expect(resumed.code, resumed.stderr).toBe(0);
  expect(resumed.json()).toMatchObject({
    status: "finished",
    recipients: 400,
    outcomes: { sent: 400 },
    open: 0,
  });
  expect(world.sandbox.stats()).toMatchObject({ delivered: 400, maxPerUser: 1, duplicates: 0 });
});

test("a signal while Redis is away ends the run all the same, with what it did", async () => {
  await giveUsers(world, 300);
  let run: Run | undefined;
  const running = drive(world, {
    reconnectMs: 500,
    concurrency: 16,
    drainMs: 1000,
    onStart: (started) => {
      run = started;
    },
  });
  await until(() => delivered() >= 60);
  await world.redis.server.kill();
  run?.stop({ status: "interrupted", exit: "sigint", message: "interrupted (SIGINT)" });
  const { result } = await running;
  await world.redis.server.restart();
  await until(async () => (await world.redis.client.ping()) === "PONG");
  expect(result).toMatchObject({ status: "interrupted", outcomes: outcomes({ sent: result.outcomes.sent }) });
  expect(result.outcomes.sent + result.open).toBeGreaterThanOrEqual(60);
  const states = [...(await ledgers(world)).values()];
  expect((await countCodes(world)) + states.length, "no code is lost").toBe(300);
});

test("a Redis that refuses writes for a while is sat out", async () => {
  await giveUsers(world, 300);
  const running = broadcast(world, ["--concurrency", "16"]);
  await until(() => delivered() >= 60);
  await world.redis.client.config("SET", "maxmemory", "1");
  await new Promise((resolve) => setTimeout(resolve, 400));
  await world.redis.client.config("SET", "maxmemory", "0");
  const result = await running;
  expect(result.code, result.stderr).toBe(0);
  const document = await checkBooks(world, result, 300);
  expect(document.outcomes).toEqual(outcomes({ sent: 300 }));
  expect(world.sandbox.stats()).toMatchObject({ delivered: 300, maxPerUser: 1 });
});

test("no Redis at all: exit 6, with the address and a hint", async () => {
  const result = await runCli(["broadcast", "template-1", "--yes", "--no-keywords", "--json"], {
    env: cliEnv("redis://127.0.0.1:1", world.sandbox.url),
  });
  expect(result).toMatchObject({ code: 6, stdout: "" });
  expect(JSON.parse(result.stderr).error).toMatchObject({
    code: "redis",
    message: expect.stringContaining("127.0.0.1:1"),
    hint: expect.stringContaining("PUSH_CLI_REDIS_URL"),
  });
});
