import { expect, it } from "vitest";
import type { Shown } from "../commands/broadcast/commands.ts";
import { type Running, useBuiltCli } from "./built-cli.ts";
import { giveUsers, TEMPLATE, useWorld } from "./world.ts";

const cli = useBuiltCli();
const world = useWorld(cli, { latencyMs: 20 });
const SEND = ["broadcast", TEMPLATE, "--yes", "--no-keywords"];
const RUN_DUE = ["broadcast", "run-due", "--yes", "--json"];

interface RunDue {
  broadcasts: { broadcastId: string; exitCode: number; sent: number }[];
  skipped: { broadcastId: string; why: string }[];
}

async function show(id: string): Promise<Shown> {
  const { code, stdout, stderr } = await cli.run(["broadcast", "show", id, "--json"]);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as Shown;
}

/** A process that waits for the time of b1. */
async function startWaiting(at: string): Promise<Running> {
  const waiting = cli.start([...SEND, "--id", "b1", "--at", at], { stdin: "" });
  const runs = async () =>
    (await world.redis.client.hkeys("mina:broadcast:b1")).filter((name) => name.startsWith("run:"));
  await expect.poll(runs, { timeout: 30_000 }).toHaveLength(1);
  return waiting;
}

/** Lets the time of a scheduled broadcast come. */
async function comes(id: string): Promise<void> {
  const key = `mina:broadcast:${id}`;
  const schedule = JSON.parse((await world.redis.client.hget(key, "schedule")) ?? "{}");
  await world.redis.client.hset(key, "schedule", JSON.stringify({ ...schedule, atMs: Date.now() - 1 }));
}

it("a process that is killed while it waits leaves the broadcast scheduled; run-due begins it once", async () => {
  await giveUsers(world, 200);
  const waiting = await startWaiting("+1h");
  waiting.child.kill("SIGKILL");
  expect((await waiting.done).code).toBeNull();
  const left = await show("b1");
  expect(left).toMatchObject({ status: "scheduled", outcomes: { sent: 0 }, runs: [{ alive: false }] });
  expect(JSON.parse((await cli.run(RUN_DUE)).stdout), "not yet").toEqual({ broadcasts: [], skipped: [] });
  await comes("b1");
  const all = await Promise.all(Array.from({ length: 4 }, () => cli.run(RUN_DUE)));
  for (const { code, stderr } of all) expect(code, stderr).toBe(0);
  const begun = all.flatMap(({ stdout }) => (JSON.parse(stdout) as RunDue).broadcasts);
  expect(begun).toMatchObject([{ broadcastId: "b1", exitCode: 0, sent: 200 }]);
  expect(world.sandbox.stats()).toMatchObject({ delivered: 200, maxPerUser: 1, duplicates: 0 });
  expect(await show("b1")).toMatchObject({ status: "finished", outcomes: { sent: 200 } });
});

it("a process that is frozen until after the time does not begin what run-due has begun", async () => {
  await giveUsers(world, 100);
  const waiting = await startWaiting("+4s");
  waiting.child.kill("SIGSTOP");
  // A process of this machine that stands still is not gone: its lease has to lapse.
  await expect.poll(() => world.redis.keys("mina:broadcast:b1:run:*"), { timeout: 40_000 }).toEqual([]);
  const due = await cli.run(RUN_DUE);
  expect(due.code, due.stderr).toBe(0);
  expect((JSON.parse(due.stdout) as RunDue).broadcasts).toMatchObject([{ broadcastId: "b1", sent: 100 }]);
  waiting.child.kill("SIGCONT");
  expect((await waiting.done).code).toBe(10);
  expect(world.sandbox.stats()).toMatchObject({ delivered: 100, maxPerUser: 1 });
  expect(await show("b1")).toMatchObject({ status: "finished", outcomes: { sent: 100 } });
}, 120_000);

it("begins by itself at its time, with a fresh process's words on the way", async () => {
  await giveUsers(world, 50);
  const { code, stdout, stderr } = await cli.run([...SEND, "--id", "b1", "--at", "+2s", "--json"]);
  expect(code, stderr).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ status: "finished", outcomes: { sent: 50 }, toGo: 0 });
});

it("a run that dies after it has begun is not begun again, but resumed", async () => {
  await giveUsers(world, 300);
  await cli.run([...SEND, "--id", "b1", "--at", "+1h", "--no-wait"]);
  await comes("b1");
  const due = cli.start([...RUN_DUE, "--concurrency", "2"], { stdin: "" });
  await expect.poll(() => world.sandbox.stats().delivered, { timeout: 30_000 }).toBeGreaterThan(50);
  due.child.kill("SIGKILL");
  await due.done;
  expect((await show("b1")).status).toBe("dead");
  expect(JSON.parse((await cli.run(RUN_DUE)).stdout)).toEqual({ broadcasts: [], skipped: [] });
  const resumed = await cli.run(["broadcast", "resume", "b1", "--yes", "--json"]);
  expect(resumed.code, resumed.stderr).toBe(0);
  expect(JSON.parse(resumed.stdout)).toMatchObject({ status: "finished", outcomes: { sent: 300 } });
  expect(world.sandbox.stats()).toMatchObject({ delivered: 300, maxPerUser: 1 });
});
