import { describe, expect, test } from "vitest";
import { broadcast, giveUsers, interrupt, setFaults, until, useWorld } from "../../broadcast/world.ts";
import { cliEnv } from "../../helpers/cli.ts";
import { moveRunFarAway, type Shown, start, useCommands } from "./commands.ts";

const world = useWorld({ sandbox: { latencyMs: 15 } });
const commands = useCommands(world);
const { run, show, resume, begin, delivered } = commands;

type Watched = Omit<Shown, "runs"> & { rateNow: number | null; runs: { runId: string; pid: number }[] };

describe("broadcast watch --json", () => {
  test("has a line a second, with growing counts, and the final state as the last", async () => {
    await giveUsers(world, 500);
    const sending = await begin(["--id", "b-1", "--concurrency", "3"]);
    const watched = await run(["watch", "b-1", "--json"]);
    expect([watched.code, watched.stderr]).toEqual([0, ""]);
    const lines = watched.lines<Watched>();
    expect(lines.length).toBeGreaterThanOrEqual(3);
    const counts = lines.map(({ outcomes }) => outcomes!.sent);
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
    expect(new Set(counts).size).toBeGreaterThanOrEqual(3);
    for (const line of lines.slice(0, -1)) {
      expect(line).toMatchObject({ status: "running", finishedAt: null, runs: [{ pid: process.pid }] });
      expect(line.toGo).toBe(500 - line.outcomes!.sent);
    }
    expect(lines[0]!.rateNow, "not measured yet").toBeNull();
    expect(lines.some(({ rateNow }) => rateNow !== null && rateNow > 0)).toBe(true);
    const last = lines.at(-1)!;
    expect(last).toMatchObject({ status: "finished", outcomes: { sent: 500 }, toGo: 0, runs: [] });
    expect(last.finishedAt).toBe((await sending.done).json<Shown>().finishedAt);
  });

  test("adds up two joined runs", async () => {
    await giveUsers(world, 800);
    const first = await begin(["--id", "b-1", "--concurrency", "3", "--rate", "200/s"]);
    const joined = start((options) => resume("b-1", ["--join", "--concurrency", "3"], options));
    const lines = (await run(["watch", "b-1", "--json"])).lines<Watched>();
    expect(lines.some(({ runs }) => runs.length === 2)).toBe(true);
    const counts = lines.map(({ outcomes }) => outcomes!.sent);
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
    expect(Math.max(...counts)).toBe(800);
    expect(lines.at(-1)).toMatchObject({ status: "finished", outcomes: { sent: 800 } });
    await Promise.all([first.done, joined.done]);
  });
});

describe("broadcast watch ends with the broadcast's own exit code", () => {
  test("8 when some failed", async () => {
    await giveUsers(world, 60);
    setFaults(world, "unlisted:10");
    const sending = await begin(["--id", "b-1", "--concurrency", "2"]);
    const watched = await run(["watch", "b-1"]);
    expect([watched.code, (await sending.done).code]).toEqual([8, 8]);
    expect(watched.stdout).toContain("status\tfinished\n");
    expect(watched.stdout).toMatch(/^next\.\d\tpush-cli broadcast resume b-1 --retry-failed$/m);
  });

  test("9 when it was stopped", async () => {
    await giveUsers(world, 60);
    const sending = await begin(["--id", "b-1", "--concurrency", "2"], 10);
    const watching = run(["watch", "b-1", "--json"]);
    setFaults(world, "withdrawn:100");
    expect([(await watching).code, (await sending.done).code]).toEqual([9, 9]);
    expect((await watching).lines<Watched>().at(-1)).toMatchObject({
      status: "stopped",
      reason: expect.stringContaining("45103"),
    });
  });

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("after %s: %i", async (name, code) => {
    await giveUsers(world, 200);
    const sending = await begin(["--id", "b-1", "--concurrency", "2"], 10);
    const watching = run(["watch", "b-1"]);
    sending.signal(name);
    expect([(await watching).code, (await sending.done).code]).toEqual([code, code]);
    expect((await watching).stdout).toContain("status\tinterrupted\n");
  });

  test("9 when its run dies on another host, as soon as its lease is over", async () => {
    await giveUsers(world, 60);
    await interrupt(world, ["--id", "b-1", "--concurrency", "2"], () => delivered() >= 20);
    const heartbeat = await moveRunFarAway(world, "b-1");
    await world.redis.client.pexpire(heartbeat, 4000);
    const watched = await run(["watch", "b-1", "--json"]);
    expect(watched.code).toBe(9);
    const lines = watched.lines<Watched>();
    expect(lines[0]).toMatchObject({ status: "running", runs: [{ host: "far", pid: 4711 }] });
    expect(lines.at(-1)).toMatchObject({ status: "dead", runs: [], toGo: 60 - delivered() });
    // What was over before anybody watched has the same exit code.
    expect((await run(["watch", "b-1"])).code).toBe(9);
    expect((await resume("b-1")).code).toBe(0);
    expect((await run(["watch", "b-1"])).code).toBe(0);
  });
});

describe("broadcast watch", () => {
  test("in a pipe has rows on stdout and the rest on stderr", async () => {
    await giveUsers(world, 60);
    const sending = await begin(["--id", "b-1", "--concurrency", "2"]);
    const { code, stdout } = await run(["watch", "b-1"]);
    expect(code).toBe(0);
    for (const row of stdout.trimEnd().split("\n")) expect(row).toMatch(/^[\w.]+\t/);
    expect(stdout).toContain("outcomes.sent\t60\n");
    await sending.done;
  });

  test("gives up after --timeout, and the broadcast goes on", async () => {
    await giveUsers(world, 300);
    const sending = await begin(["--id", "b-1", "--rate", "10/s"]);
    const watched = await run(["watch", "b-1", "--timeout", "500ms", "--json"]);
    expect(watched.code).toBe(124);
    expect(JSON.parse(watched.stderr).error).toMatchObject({
      code: "timeout",
      message: expect.stringContaining("'b-1'"),
      hint: expect.stringContaining("it continues"),
    });
    expect(await show("b-1")).toMatchObject({ status: "running" });
    sending.signal("SIGINT");
    expect((await sending.done).code).toBe(130);
  });

  test("gives up on one that waits for its time as such", async () => {
    await giveUsers(world, 2);
    await broadcast(world, ["--id", "b-1", "--at", "+5h", "--no-wait"]);
    const watched = await run(["watch", "b-1", "--timeout", "100ms", "--json"]);
    expect(watched.code).toBe(124);
    expect(JSON.parse(watched.stderr).error).toMatchObject({
      message: "broadcast 'b-1' is still scheduled",
      hint: expect.stringContaining("push-cli broadcast watch b-1"),
    });
  });

  test("ends by Ctrl-C, and the broadcast goes on", async () => {
    await giveUsers(world, 300);
    const sending = await begin(["--id", "b-1", "--rate", "10/s"]);
    const watching = start((options) => run(["watch", "b-1"], options));
    await new Promise((resolve) => setTimeout(resolve, 2000));
    watching.signal("SIGINT");
    const { code, stderr, stdout } = await watching.done;
    expect([code, stdout]).toEqual([130, ""]);
    expect(stderr).toContain("broadcast b-1 continues");
    const then = delivered();
    await until(() => delivered() > then);
    sending.signal("SIGINT");
    expect((await sending.done).code).toBe(130);
  });

  test("takes the one that runs when none is named", async () => {
    await giveUsers(world, 5);
    await (await begin(["--id", "over"])).done;
    await giveUsers(world, 100, { prefix: "v" });
    const sending = await begin(["--id", "at-work", "--concurrency", "2"], 10);
    const watched = await run(["watch", "--json"]);
    expect(watched.code).toBe(0);
    expect(watched.lines<Watched>().map(({ broadcastId }) => broadcastId)).toContain("at-work");
    expect(watched.lines<Watched>().at(-1)).toMatchObject({ broadcastId: "at-work", status: "finished" });
    await sending.done;
  });

  test("without one that runs is exit 3, and so is an id that there is not", async () => {
    await giveUsers(world, 5);
    await (await begin(["--id", "over"])).done;
    for (const args of [[], ["nobody"]]) {
      const watched = await run(["watch", ...args]);
      expect(watched).toMatchObject({ code: 3, stdout: "" });
      expect(watched.stderr).toMatch(/^error: .*\nhint: .*push-cli broadcast list$/m);
    }
  });

  test("does not choose between two that run", async () => {
    await giveUsers(world, 200);
    const first = await begin(["--id", "b-1", "--rate", "10/s"]);
    const second = start((options) => broadcast(world, ["--id", "b-2", "--rate", "10/s"], options));
    await until(async () => (await run(["list", "--status", "running"])).stdout.split("\n").length > 2);
    const watched = await run(["watch"], { env: cliEnv(world.redis.url) });
    expect(watched).toMatchObject({ code: 2, stdout: "" });
    expect(watched.stderr).toContain("push-cli broadcast watch b-");
    first.signal("SIGINT");
    second.signal("SIGINT");
    await Promise.all([first.done, second.done]);
  });
});
