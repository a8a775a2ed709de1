import { describe, expect, test } from "vitest";
import type { BroadcastResult } from "../../../src/broadcast/record.ts";
import {
  broadcast,
  checkBooks,
  countCodes,
  dumpAll,
  giveUsers,
  interrupt,
  setFaults,
  until,
  useWorld,
} from "../../broadcast/world.ts";
import { moveRunFarAway, start, untilShown, useCommands } from "./commands.ts";

const world = useWorld({ sandbox: { latencyMs: 15 } });
const commands = useCommands(world);
const { run, show, resume, begin, delivered } = commands;

const errorOf = (stderr: string) => JSON.parse(stderr.trimEnd().split("\n").at(-1)!).error;

describe.each([
  ["cancel", "cancelled"],
  ["pause", "paused"],
] as const)("broadcast %s", (verb, status) => {
  test("makes the run drain soon, and codes go back", async () => {
    await giveUsers(world, 600, { codes: 2 });
    const sending = await begin(["--id", "b-1", "--concurrency", "4", "--rate", "100/s"], 20);
    const halted = await run([verb, "b-1", "--json"]);
    expect(halted.code, halted.stderr).toBe(0);
    const next = verb === "pause" ? ["push-cli broadcast resume b-1"] : [];
    expect(halted.json()).toMatchObject({
      status,
      reason: `${status} by tester@test-host`,
      finishedAt: null,
      next,
    });

    const result = await sending.done;
    expect(result.code).toBe(9);
    const document = await checkBooks(world, result, 1200);
    const at = { status, reason: `${status} by tester@test-host`, open: 0, toGo: 600 - delivered() };
    expect(document).toMatchObject({ ...at, outcomes: { sent: delivered() } });
    expect(delivered()).toBeLessThan(600);
    expect(await countCodes(world)).toBe(1200 - delivered());
    expect(await show("b-1")).toMatchObject({ ...at, outcomes: { sent: delivered() }, finishedAt: null });
    expect(result.stderr).toContain(`${status} by tester@test-host`);
  });

  test("only says with --dry-run what it would stop", async () => {
    await giveUsers(world, 60);
    const sending = await begin(["--id", "b-1", "--concurrency", "2", "--rate", "40/s"], 5);
    const dry = await run([verb, "b-1", "--dry-run", "--json"]);
    expect([dry.code, dry.json()]).toEqual([
      0,
      {
        ...{ broadcastId: "b-1", status: "running", wouldBe: status, runsAtWork: 1, dryRun: true },
        toGo: expect.any(Number),
      },
    ]);
    const words = (await run([verb, "b-1", "--dry-run", "--format", "table"])).stdout;
    expect(words).toMatch(
      new RegExp(`^would ${verb} broadcast b-1: it is running, with 1 run at work and \\d+ to go\n$`),
    );
    expect((await sending.done).code).toBe(0);
    expect(delivered()).toBe(60);
    expect((await run([verb, "b-1", "--dry-run"])).code, "as without it").toBe(3);
  });

  test("stops two joined runs", async () => {
    await giveUsers(world, 900);
    const first = await begin(["--id", "b-1", "--concurrency", "3", "--rate", "150/s"], 20);
    const joined = start((options) => resume("b-1", ["--join", "--concurrency", "3"], options));
    await untilShown(
      commands,
      "b-1",
      ({ runs }) => runs.filter(({ outcomes }) => outcomes?.sent).length === 2,
    );
    expect((await run([verb, "b-1"])).code).toBe(0);
    expect([(await first.done).code, (await joined.done).code]).toEqual([9, 9]);
    expect(delivered()).toBeLessThan(900);
    expect(await countCodes(world)).toBe(900 - delivered());
    expect(await show("b-1")).toMatchObject({
      status,
      outcomes: { sent: delivered() },
      toGo: 900 - delivered(),
    });
    expect(await show("b-1", "--exact")).toMatchObject({ outcomes: { sent: delivered() } });
    expect(world.sandbox.stats().duplicates).toBe(0);
  });

  test("of what is finished, or was never there, is exit 3 and changes nothing", async () => {
    await giveUsers(world, 3);
    await (await begin(["--id", "b-1"])).done;
    const before = await dumpAll(world);
    for (const id of ["b-1", "b-404"]) {
      const halted = await run([verb, id, "--json"]);
      expect(halted).toMatchObject({ code: 3, stdout: "" });
      expect(errorOf(halted.stderr)).toMatchObject({
        code: "nothing",
        message: expect.stringContaining(`'${id}'`),
      });
    }
    expect(await dumpAll(world)).toEqual(before);
  });

  test("gives up after --timeout when a run does not react, which is told all the same", async () => {
    await giveUsers(world, 40);
    await interrupt(world, ["--id", "b-1", "--concurrency", "2"], () => delivered() >= 10);
    const heartbeat = await moveRunFarAway(world, "b-1");
    const halted = await run([verb, "b-1", "--timeout", "400ms", "--json"]);
    expect(halted).toMatchObject({ code: 124, stdout: "" });
    expect(errorOf(halted.stderr)).toMatchObject({
      code: "timeout",
      message: expect.stringMatching(/^1 run of .*'b-1'/),
    });
    expect(JSON.parse((await world.redis.client.hget("mina:broadcast:b-1", "wanted"))!)).toEqual({
      action: verb,
      by: "tester@test-host",
    });
    expect(await show("b-1")).toMatchObject({ status: "running" });
    // It dies instead of obeying.
    const waiting = run([verb, "b-1", "--json"]);
    await new Promise((resolve) => setTimeout(resolve, 400));
    await world.redis.client.del(heartbeat);
    expect((await waiting).json()).toMatchObject({
      status,
      outcomes: { sent: delivered() },
      toGo: 40 - delivered(),
    });
  });

  test("that is interrupted itself leaves the wish behind", async () => {
    await giveUsers(world, 40);
    await interrupt(world, ["--id", "b-1", "--concurrency", "2"], () => delivered() >= 10);
    await moveRunFarAway(world, "b-1");
    const waiting = start((options) => run([verb, "b-1"], options));
    await until(async () => (await world.redis.client.hexists("mina:broadcast:b-1", "wanted")) === 1);
    waiting.signal("SIGINT");
    expect(await waiting.done).toMatchObject({ code: 130, stdout: "" });
  });
});

describe("a cancelled broadcast", () => {
  test("can't be resumed, whatever is asked for", async () => {
    await giveUsers(world, 400);
    const sending = await begin(["--id", "b-1", "--concurrency", "2", "--rate", "50/s"], 5);
    await run(["cancel", "b-1"]);
    await sending.done;
    const before = await dumpAll(world);
    for (const more of [[], ["--join"], ["--retry-failed"], ["--limit", "none"]]) {
      const resumed = await resume("b-1", more);
      expect(resumed).toMatchObject({ code: 3, stdout: "" });
      expect(errorOf(resumed.stderr).message).toContain("cancelled by tester@test-host");
    }
    expect(await dumpAll(world)).toEqual(before);
    expect((await run(["cancel", "b-1"])).code, "twice").toBe(3);
  });

  test("may have been interrupted or stopped before", async () => {
    await giveUsers(world, 60);
    await interrupt(world, ["--id", "b-1", "--concurrency", "2"], () => delivered() >= 10);
    const sent = delivered();
    expect((await run(["pause", "b-1"])).code, "nothing to pause").toBe(3);
    const cancelled = await run(["cancel", "b-1", "--json"]);
    expect(cancelled.json()).toMatchObject({ status: "cancelled", outcomes: { sent }, toGo: 60 - sent });
    expect((await resume("b-1")).code).toBe(3);

    const second = await begin(["--id", "b-2", "--concurrency", "2"], sent + 5);
    setFaults(world, "withdrawn:100");
    expect((await second.done).code).toBe(9);
    expect((await run(["cancel", "b-2"])).code).toBe(0);
    expect(await show("b-2")).toMatchObject({ status: "cancelled", reason: "cancelled by tester@test-host" });
    expect(await countCodes(world), "those of both that are left").toBe(60 - delivered());
  });

  test("may be dead: it has the counts of all its runs, the killed one's included", async () => {
    await giveUsers(world, 120);
    await interrupt(world, ["--id", "b-1", "--concurrency", "2"], () => delivered() >= 20);
    const stale = await world.redis.client.hgetall("mina:broadcast:b-1");
    const again = start((options) => resume("b-1", ["--concurrency", "2"], options));
    await until(() => delivered() >= 60);
    again.signal("SIGINT");
    await again.done;
    // As a kill would have left it: the record still has the result of the first run's end.
    await world.redis.client.hset("mina:broadcast:b-1", { status: "running", result: stale.result! });
    await world.redis.client.hdel("mina:broadcast:b-1", "reason", "exit");
    for (const [field, value] of Object.entries(await world.redis.client.hgetall("mina:broadcast:b-1"))) {
      if (!field.startsWith("run:")) continue;
      await world.redis.client.hset(
        "mina:broadcast:b-1",
        field,
        JSON.stringify({ ...JSON.parse(value), ended: false }),
      );
    }
    const dead = { outcomes: { sent: delivered() }, toGo: 120 - delivered() };
    expect(await show("b-1")).toMatchObject({ status: "dead", ...dead });
    expect((await run(["cancel", "b-1", "--json"])).json()).toMatchObject({ status: "cancelled", ...dead });
    expect(await show("b-1")).toMatchObject({ status: "cancelled", ...dead });
  });

  test("is one from then on for a run that only begins", async () => {
    await giveUsers(world, 40);
    await interrupt(world, ["--id", "b-1", "--concurrency", "2"], () => delivered() >= 10);
    const sent = delivered();
    const wanted = JSON.stringify({ action: "cancel", by: "someone@far" });
    await world.redis.client.hset("mina:broadcast:b-1", { wanted });
    const resumed = await resume("b-1");
    expect(resumed.code).toBe(9);
    expect(resumed.json()).toMatchObject({ status: "cancelled", outcomes: { sent }, toGo: 40 - sent });
    expect(delivered()).toBe(sent);
  });
});

test("a paused broadcast is resumed, and nobody gets two", async () => {
  await giveUsers(world, 200);
  const sending = await begin(["--id", "b-1", "--concurrency", "2", "--rate", "50/s"], 20);
  await run(["pause", "b-1"]);
  expect((await sending.done).json<BroadcastResult & { next: string[] }>()).toMatchObject({
    status: "paused",
    next: ["push-cli broadcast resume b-1"],
  });
  const resumed = await resume("b-1", ["--rate", "1000/s"]);
  expect(resumed.code, resumed.stderr).toBe(0);
  expect(await checkBooks(world, resumed, 200)).toMatchObject({
    status: "finished",
    outcomes: { sent: 200 },
  });
  expect(world.sandbox.stats()).toMatchObject({ delivered: 200, maxPerUser: 1 });
});

test("a run that stops for a reason of its own while it is to pause keeps that", async () => {
  await giveUsers(world, 40);
  await interrupt(world, ["--id", "b-1", "--concurrency", "2"], () => delivered() >= 10);
  const heartbeat = await moveRunFarAway(world, "b-1");
  const pausing = run(["pause", "b-1", "--json"]);
  await until(async () => (await world.redis.client.hexists("mina:broadcast:b-1", "wanted")) === 1);
  await world.redis.client.hset("mina:broadcast:b-1", { status: "stopped", reason: "the API refused" });
  await world.redis.client.del(heartbeat);
  expect((await pausing).json()).toMatchObject({ status: "stopped", reason: "the API refused" });
});

test("a run whose record was deleted under it stops, and writes nothing back", async () => {
  await giveUsers(world, 400);
  const sending = await begin(["--id", "b-1", "--concurrency", "2", "--rate", "50/s"], 20);
  await world.redis.client.del("mina:broadcast:b-1");
  await world.redis.client.zrem("mina:broadcasts", "b-1");
  const result = await sending.done;
  expect(delivered(), "soon").toBeLessThan(400);
  expect(result.code).toBe(6);
  expect(errorOf(result.stderr)).toMatchObject({
    code: "redis",
    message: expect.stringContaining("gone from Redis"),
  });
  expect(await world.redis.client.keys("mina:broadcast*")).toEqual([]);
  const { sent } = result.json<BroadcastResult>().outcomes;
  expect(sent).toBe(delivered());
  expect(await countCodes(world), "unsent codes are back").toBe(400 - sent);
  expect(result.json<{ next: string[] }>().next, "nothing to go on with").toEqual([]);
});

describe("an --id that is taken", () => {
  test("is exit 10, with the state of the broadcast that has it", async () => {
    await giveUsers(world, 100);
    await interrupt(world, ["--id", "b-1", "--concurrency", "2"], () => delivered() >= 10);
    const sent = delivered();
    const before = await dumpAll(world);
    const again = await broadcast(world, ["--id", "b-1"]);
    expect(again).toMatchObject({ code: 10, stdout: "" });
    const { message, hint } = errorOf(again.stderr);
    expect(message).toMatch(new RegExp(`'b-1' already exists: started .*, interrupted, ${sent} sent$`));
    expect(hint).toContain("push-cli broadcast resume b-1");
    expect(await dumpAll(world)).toEqual(before);
    const heartbeat = await moveRunFarAway(world, "b-1");
    expect(errorOf((await broadcast(world, ["--id", "b-1"])).stderr).message).toContain(", running, ");
    await world.redis.client.del(heartbeat);
    expect(errorOf((await broadcast(world, ["--id", "b-1"])).stderr).message).toContain(", dead, ");
  });

  test("also when two start at once: one sends", async () => {
    const users = await giveUsers(world, 60, { codes: 3 });
    for (const audience of [[], ["--to", ...users]]) {
      world.sandbox.reset();
      await world.redis.client.flushall();
      await giveUsers(world, 60, { codes: 3 });
      const args = ["--id", "b-1", ...audience];
      const results = await Promise.all([1, 2, 3].map(() => broadcast(world, args)));
      expect(results.map(({ code }) => code).sort()).toEqual([0, 10, 10]);
      for (const { code, stderr } of results)
        if (code === 10)
          expect(errorOf(stderr).message).toMatch(/'b-1' already exists: started .*, (running|finished)/);
      expect(world.sandbox.stats()).toMatchObject({ delivered: 60, maxPerUser: 1 });
      expect(await world.redis.client.keys("mina:broadcast:b-1:*"), "no audience of the losers").toEqual([]);
    }
  });
});
