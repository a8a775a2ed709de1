import { describe, expect, test } from "vitest";
import type { BroadcastResult } from "../../../src/broadcast/record.ts";
import { giveUsers, interrupt, outcomes, setFaults, until, useWorld } from "../../broadcast/world.ts";
import { type Shown, start, untilShown, useCommands } from "./commands.ts";

const world = useWorld({ sandbox: { latencyMs: 15 } });
const commands = useCommands(world);
const { run, show, resume, begin, delivered } = commands;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function listed(id: string): Promise<Shown> {
  return (await run(["list", "--json"])).lines<Shown>().find(({ broadcastId }) => broadcastId === id)!;
}

describe("rates", () => {
  test("are of the time that runs worked; the summary has this run's and the whole broadcast's apart", async () => {
    await giveUsers(world, 120);
    const args = ["--concurrency", "4"];
    const first = (
      await interrupt(world, ["--id", "b-1", ...args], () => delivered() >= 60)
    ).json<BroadcastResult>();
    expect(first.run).toMatchObject({ sent: first.outcomes.sent, durationMs: first.durationMs });
    await pause(2000);
    const beganMs = Date.now();
    const second = (await resume("b-1", args)).json<BroadcastResult>();
    const tookMs = Date.now() - beganMs;
    const own = second.run!;
    expect(own.sent).toBe(120 - first.outcomes.sent);
    expect(own.durationMs).toBeLessThanOrEqual(tookMs);
    expect(own.sentPerSecond).toBeCloseTo((own.sent / own.durationMs) * 1000, 0);
    expect(second.durationMs, "both runs").toBeGreaterThanOrEqual(own.durationMs + first.durationMs - 1000);
    expect(second.durationMs, "without the pause").toBeLessThan(tookMs + first.durationMs + 1000);
    expect(second.sentPerSecond).toBeCloseTo((120 / second.durationMs) * 1000, 0);

    const shown = await show("b-1");
    expect(Math.abs(shown.durationMs - second.durationMs)).toBeLessThan(1000);
    expect(shown.sentPerSecond).toBeCloseTo((120 / shown.durationMs) * 1000, 0);
    const rows = (await run(["show", "b-1"])).stdout;
    expect(rows).toContain(`sentPerSecond\t${shown.sentPerSecond}\n`);
  });

  test("count messages, not users without a code", async () => {
    await giveUsers(world, 30);
    await world.redis.push("old", "not a code");
    for (let i = 0; i < 300; i++)
      await world.redis.push(`empty${i}`, '{"formId":"x","expire":1568000000000}');
    const result = (await (await begin(["--id", "b-1", "--concurrency", "2"])).done).json<BroadcastResult>();
    expect(result.outcomes).toEqual(outcomes({ sent: 30, no_code: 301 }));
    expect(result.sentPerSecond).toBeCloseTo((30 / result.durationMs) * 1000, 0);
  });

  test("on a terminal, a run that went on has a line of its own", async () => {
    await giveUsers(world, 60);
    await interrupt(world, ["--id", "b-1", "--concurrency", "4"], () => delivered() >= 20);
    const sent = delivered();
    const { stdout } = await commands.screen(["resume", "b-1", "--yes", "--concurrency", "4"]);
    expect(stdout).toMatch(/^broadcast b-1: finished, 60 recipients in .*, \d.*\/s, to go 0$/m);
    expect(stdout).toMatch(new RegExp(`^this run: ${60 - sent} sent in .*, \\d.*/s$`, "m"));
  });

  test("are a dash where there is no time to speak of", async () => {
    await giveUsers(world, 1);
    setFaults(world, "withdrawn:100");
    const running = await begin(["--id", "b-1"], 0);
    const result = (await running.done).json<BroadcastResult>();
    expect(result.outcomes.sent).toBe(0);
    if (result.durationMs < 100) expect(result.sentPerSecond).toBeNull();
    else expect(result.sentPerSecond).toBe(0);
  });
});

describe("to go", () => {
  /** Summary, show, list, JSON and not, and the ledgers: they all say the same. */
  async function checkToGo(id: string, summary: BroadcastResult, toGo: number): Promise<void> {
    expect(summary.toGo, "summary").toBe(toGo);
    expect(await show(id)).toMatchObject({ toGo, outcomes: { sent: summary.outcomes.sent } });
    expect((await listed(id)).toGo, "list").toBe(toGo);
    expect((await show(id, "--exact")).toGo, "by the ledgers").toBe(toGo);
    expect((await run(["show", id])).stdout).toContain(`\ntoGo\t${toGo}\n`);
    expect((await run(["list"])).stdout.trimEnd().split("\t").at(-1)).toBe(String(toGo));
    expect((await commands.screen(["show", id])).stdout).toMatch(new RegExp(`to go ${toGo}\\b`));
    expect((await commands.screen(["list"])).stdout).toMatch(new RegExp(` ${toGo}\\n$`));
  }

  test("after an interruption: the rest", async () => {
    await giveUsers(world, 200);
    const result = await interrupt(world, ["--id", "b-1", "--concurrency", "4"], () => delivered() >= 60);
    await checkToGo("b-1", result.json<BroadcastResult>(), 200 - delivered());
    const { stdout } = await commands.screen(["show", "b-1"]);
    expect(stdout, "shares are of all users").toMatch(
      new RegExp(`^sent +${delivered()} +${delivered() / 2}`, "m"),
    );
  });

  test("after a fatal stop", async () => {
    await giveUsers(world, 150);
    const running = await begin(["--id", "b-1", "--concurrency", "4"], 40);
    setFaults(world, "withdrawn:100");
    await checkToGo("b-1", (await running.done).json<BroadcastResult>(), 150 - delivered());
  });

  test("ends with --limit", async () => {
    await giveUsers(world, 200);
    const args = ["--id", "b-1", "--limit", "100", "--concurrency", "4"];
    const result = await interrupt(world, args, () => delivered() >= 30);
    await checkToGo("b-1", result.json<BroadcastResult>(), 100 - delivered());
  });

  test("of a list, with users who have no code", async () => {
    const users = await giveUsers(world, 80);
    const args = ["--id", "b-1", "--concurrency", "4", "--to", "nobody", ...users, "none"];
    const result = await interrupt(world, args, () => delivered() >= 20);
    const { toGo, recipients } = result.json<BroadcastResult>();
    expect(toGo).toBe(82 - recipients);
    expect((await show("b-1")).toGo).toBe(toGo);
  });

  test("is nobody when it is finished, also with --quiet and with --limit", async () => {
    await giveUsers(world, 20);
    const whole = await (await begin(["--id", "b-1", "--quiet"])).done;
    await checkToGo("b-1", whole.json<BroadcastResult>(), 0);
    world.sandbox.reset();
    await world.redis.client.flushall();
    await giveUsers(world, 20);
    const canary = await (await begin(["--id", "b-1", "--limit", "5"])).done;
    await checkToGo("b-1", canary.json<BroadcastResult>(), 0);
    expect(canary.json<Shown>().next).toEqual(["push-cli broadcast resume b-1 --limit none"]);
  });

  test("is not known when nobody counted, and then a dash; --exact counts", async () => {
    await giveUsers(world, 100);
    const args = ["--id", "b-1", "--quiet", "--concurrency", "4"];
    const result = await interrupt(world, args, () => delivered() >= 20);
    expect(result.json<BroadcastResult>().toGo).toBeNull();
    expect(await show("b-1")).toMatchObject({ toGo: null, counted: "result" });
    expect((await listed("b-1")).toGo).toBeNull();
    expect((await run(["show", "b-1"])).stdout).toContain("\ntoGo\t-\n");
    expect((await run(["list"])).stdout).toMatch(/\t-\n$/);
    expect((await commands.screen(["show", "b-1"])).stdout).toContain("to go -");
    expect(await show("b-1", "--exact")).toMatchObject({ toGo: 100 - delivered(), counted: "ledgers" });
  });

  test("counts what earlier runs did although a resume was stopped before it came to that", async () => {
    await giveUsers(world, 4000);
    await interrupt(world, ["--id", "b-1", "--concurrency", "32"], () => delivered() >= 2000);
    const before = delivered();
    const second = start((options) => resume("b-1", ["--concurrency", "4"], options));
    await untilShown(commands, "b-1", ({ status }) => status === "running");
    second.signal("SIGINT");
    const result = (await second.done).json<BroadcastResult>();
    expect(result.outcomes.sent).toBe(delivered());
    expect(result.outcomes.sent).toBeGreaterThanOrEqual(before);
    await checkToGo("b-1", result, 4000 - delivered());
  });

  test("adds up two joined runs that were both interrupted", async () => {
    await giveUsers(world, 1500);
    const first = await begin(["--id", "b-1", "--concurrency", "4", "--rate", "200/s"], 60);
    const joined = start((options) => resume("b-1", ["--join", "--concurrency", "4"], options));
    await untilShown(
      commands,
      "b-1",
      ({ runs }) => runs.filter(({ outcomes }) => outcomes?.sent).length === 2,
    );
    first.signal("SIGINT");
    joined.signal("SIGINT");
    expect((await first.done).code).toBe(130);
    expect((await joined.done).code).toBe(130);
    expect(await show("b-1")).toMatchObject({
      status: "interrupted",
      outcomes: { sent: delivered() },
      toGo: 1500 - delivered(),
      codes: { spent: delivered() },
    });
  });
});

test("while it runs, list and show have the counts of the heartbeats, once a second", async () => {
  await giveUsers(world, 400);
  const running = await begin(["--id", "b-1", "--rate", "40/s"]);
  const seen: number[] = [];
  await until(async () => {
    const { status, counted, outcomes, toGo } = await show("b-1");
    if (status !== "running" || counted !== "heartbeats" || outcomes === null) return status !== "running";
    expect(toGo).toBe(400 - outcomes.sent);
    if (outcomes.sent !== seen.at(-1)) seen.push(outcomes.sent);
    const line = await listed("b-1");
    expect(line.outcomes!.sent).toBeGreaterThanOrEqual(outcomes.sent);
    return seen.length >= 3;
  });
  expect(seen.length).toBeGreaterThanOrEqual(3);
  expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  running.signal("SIGINT");
  await running.done;
});
