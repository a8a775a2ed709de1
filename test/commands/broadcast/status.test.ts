import { describe, expect, test } from "vitest";
import type { BroadcastResult } from "../../../src/broadcast/record.ts";
import { dumpAll, giveUsers, interrupt, setFaults, useWorld } from "../../broadcast/world.ts";
import { moveRunFarAway, start, untilShown, useCommands } from "./commands.ts";

const world = useWorld({ sandbox: { latencyMs: 15 } });
const commands = useCommands(world);
const { run, show, resume, begin, delivered } = commands;

async function listed(id: string): Promise<Record<string, unknown>> {
  const lines = (await run(["list", "--json"])).lines<Record<string, unknown>>();
  return lines.find(({ broadcastId }) => broadcastId === id)!;
}

describe("a run of another host", () => {
  test("is running while its heartbeat lasts, and dead, everywhere, once that has lapsed", async () => {
    await giveUsers(world, 60);
    await interrupt(world, ["--id", "b-1", "--concurrency", "4"], () => delivered() >= 20);
    const heartbeat = await moveRunFarAway(world, "b-1");
    expect(await show("b-1")).toMatchObject({
      status: "running",
      finishedAt: null,
      runs: [{ alive: true, state: "running" }],
      next: ["push-cli broadcast watch b-1"],
    });
    expect(await listed("b-1")).toMatchObject({ status: "running", alive: true });

    await world.redis.client.del(heartbeat);
    const dead = await show("b-1");
    expect(dead).toMatchObject({
      status: "dead",
      finishedAt: null,
      counted: "heartbeats",
      outcomes: { sent: delivered() },
      toGo: 60 - delivered(),
      runs: [{ alive: false, state: "died" }],
      next: ["push-cli broadcast resume b-1"],
    });
    expect(await listed("b-1")).toMatchObject({
      status: "dead",
      alive: false,
      finishedAt: null,
      next: "push-cli broadcast resume b-1",
    });
    expect((await run(["list"])).stdout).toMatch(/^b-1\t\S+\tdead\t/);
    expect((await run(["show", "b-1"])).stdout).toMatch(/^status\tdead$/m);
    expect((await run(["show", "b-1"])).stdout).toMatch(/^next\.0\tpush-cli broadcast resume b-1$/m);
    const screen = await commands.screen(["show", "b-1"]);
    expect(screen.stdout).toMatch(/^broadcast +b-1: dead$/m);
    expect(screen.stderr).toContain("next: push-cli broadcast resume b-1");
    expect((await commands.screen(["list"])).stdout).toMatch(/^b-1 .* dead /m);
  });

  test("that has ended by itself and sums up is not dead, until it has been silent for a minute", async () => {
    await giveUsers(world, 3);
    await begin(["--id", "b-1"]).then(({ done }) => done);
    const heartbeat = await moveRunFarAway(world, "b-1");
    await world.redis.client.del(heartbeat);
    const field = `run:${heartbeat.split(":").at(-1)}`;
    const state = JSON.parse((await world.redis.client.hget("mina:broadcast:b-1", field))!);
    const note = (more: object) =>
      world.redis.client.hset("mina:broadcast:b-1", field, JSON.stringify({ ...state, ...more }));
    await note({ ended: true, untilMs: Date.now() });
    expect(await show("b-1")).toMatchObject({
      status: "running",
      runs: [{ alive: false, state: "summing up" }],
    });
    await note({ ended: true, untilMs: Date.now() - 61_000 });
    expect(await show("b-1")).toMatchObject({ status: "dead", runs: [{ state: "ended" }] });
  });
});

test("while a run sums up after its last heartbeat, nobody sees it dead", async () => {
  await giveUsers(world, 400);
  const first = await begin(["--id", "b-1", "--concurrency", "8"], 40);
  // Two runs have to be added up by a sweep over all ledgers.
  const joined = start((options) => resume("b-1", ["--join", "--concurrency", "8"], options));
  const seen = new Set<string>();
  await untilShown(commands, "b-1", ({ status }) => {
    seen.add(status);
    return status === "finished";
  });
  expect([...seen]).toEqual(["running", "finished"]);
  await Promise.all([first.done, joined.done]);
});

describe("the end of a broadcast", () => {
  test("has no time until it is finished, and an old reason is gone as soon as a run begins", async () => {
    await giveUsers(world, 150);
    const first = await begin(["--id", "b-1", "--concurrency", "4"], 10);
    expect(await show("b-1")).toMatchObject({ status: "running", finishedAt: null });
    first.signal("SIGINT");
    expect((await first.done).json<BroadcastResult>()).toMatchObject({
      status: "interrupted",
      finishedAt: null,
    });
    expect(await show("b-1")).toMatchObject({
      status: "interrupted",
      reason: "interrupted (SIGINT)",
      finishedAt: null,
    });

    const before = delivered();
    const second = start((options) => resume("b-1", ["--concurrency", "4"], options));
    const again = await untilShown(commands, "b-1", () => delivered() > before);
    expect(again).toMatchObject({ status: "running", finishedAt: null });
    expect(again).not.toHaveProperty("reason");
    expect(await world.redis.client.hget("mina:broadcast:b-1", "reason")).toBeNull();
    expect((await second.done).code).toBe(0);
    const finished = await show("b-1");
    expect(finished).toMatchObject({ status: "finished", toGo: 0, next: [] });
    expect(finished).not.toHaveProperty("reason");
    expect(Date.parse(finished.finishedAt!)).toBeGreaterThan(Date.parse(finished.startedAt));
    expect(await listed("b-1")).toMatchObject({ status: "finished", finishedAt: finished.finishedAt });
  });

  test("that stopped for a reason names it, and the next command", async () => {
    await giveUsers(world, 120);
    const running = await begin(["--id", "b-1", "--concurrency", "4"], 20);
    setFaults(world, "withdrawn:100");
    const result = await running.done;
    expect(result.code).toBe(9);
    expect(result.json()).toMatchObject({
      status: "stopped",
      finishedAt: null,
      next: ["push-cli broadcast resume b-1"],
    });
    expect(JSON.parse(result.stderr.trimEnd().split("\n").at(-1)!).error.hint).toContain(
      "push-cli broadcast resume b-1",
    );
    expect(await show("b-1")).toMatchObject({
      status: "stopped",
      reason: expect.stringContaining("45103"),
      finishedAt: null,
      toGo: 120 - delivered(),
    });
    expect((await run(["show", "b-1"])).stdout).toMatch(/^reason\t.*45103/m);
  });

  test("is not touched by a retry that has nobody to try again", async () => {
    await giveUsers(world, 3);
    expect((await (await begin(["--id", "b-1"])).done).code).toBe(0);
    const before = await dumpAll(world);
    for (const retry of [["--retry-failed"], ["--retry-unknown"], ["--retry-failed", "--retry-unknown"]]) {
      const result = await resume("b-1", retry);
      expect(result).toMatchObject({ code: 3, stdout: "" });
      expect(JSON.parse(result.stderr).error.message).toMatch(
        /finished, and no recipient's outcome is (failed|unknown)/,
      );
      expect(await dumpAll(world)).toEqual(before);
    }
  });

  test("of a retry that was interrupted is no longer there", async () => {
    await giveUsers(world, 15);
    setFaults(world, "unlisted:100");
    const failing = await begin(["--id", "b-1", "--max-errors", "1000"], 0);
    expect((await failing.done).code).toBe(8);
    expect((await show("b-1")).finishedAt).not.toBeNull();
    await giveUsers(world, 15, { codes: 2 });
    setFaults(world);
    const retrying = start((options) => resume("b-1", ["--retry-failed", "--concurrency", "1"], options));
    await untilShown(commands, "b-1", () => delivered() >= 3);
    retrying.signal("SIGINT");
    const stopped = await retrying.done;
    expect(stopped.code).toBe(130);
    const now = { outcomes: { sent: delivered(), failed: 15 - delivered() }, toGo: 0 };
    expect(stopped.json()).toMatchObject(now);
    expect(await show("b-1")).toMatchObject({ status: "interrupted", finishedAt: null, ...now });
    expect(await show("b-1", "--exact")).toMatchObject(now);
    expect((await resume("b-1", ["--retry-failed"])).code).toBe(0);
    expect((await show("b-1")).finishedAt).not.toBeNull();
    expect(world.sandbox.stats()).toMatchObject({ delivered: 15, maxPerUser: 1 });
  });
});
