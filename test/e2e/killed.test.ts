import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import type { Shown } from "../commands/broadcast/commands.ts";
import { useBuiltCli } from "./built-cli.ts";
import { giveUsers, TEMPLATE, useWorld } from "./world.ts";

const cli = useBuiltCli();
const world = useWorld(cli, { latencyMs: 20 });
const USERS = 600;
const delivered = () => world.sandbox.stats().delivered;
const SEND = ["broadcast", TEMPLATE, "--yes", "--no-keywords", "--id", "b1", "--concurrency", "4"];

async function json<T>(...argv: string[]): Promise<T> {
  const { code, stdout, stderr } = await cli.run(["broadcast", ...argv, "--json"]);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as T;
}

/** A run that is killed after `many` messages, beats included. */
async function killAfter(many: number, argv: string[]): Promise<void> {
  const run = cli.start(argv, { stdin: "" });
  await expect.poll(delivered).toBeGreaterThan(many);
  run.child.kill("SIGKILL");
  expect((await run.done).code).toBeNull();
}

it("a broadcast that was killed is dead at once, everywhere, with its last beat's counts; resume finishes it", async () => {
  await giveUsers(world, USERS);
  await killAfter(300, SEND);
  const shown = await json<Shown>("show", "b1");
  expect(await world.redis.keys("mina:broadcast:b1:run:*"), "its lease was not waited for").toHaveLength(1);
  expect(shown).toMatchObject({
    status: "dead",
    finishedAt: null,
    counted: "heartbeats",
    open: null,
    runs: [{ alive: false, state: "died" }],
    next: ["push-cli broadcast resume b1"],
  });
  const { sent } = shown.outcomes!;
  // It beats once a second, and sends 200 a second at most.
  expect(sent).toBeGreaterThan(0);
  expect(sent).toBeLessThanOrEqual(delivered());
  expect(shown.toGo).toBe(USERS - sent);
  expect(shown.sentPerSecond).toBeGreaterThan(0);
  expect(shown.sentPerSecond).toBeLessThanOrEqual(200);

  expect(await json<object>("list")).toMatchObject({
    broadcastId: "b1",
    status: "dead",
    alive: false,
    finishedAt: null,
    next: "push-cli broadcast resume b1",
  });
  expect((await cli.run(["broadcast", "list"])).stdout).toMatch(/^b1\t\S+\tdead\t/);
  const rows = await cli.run(["broadcast", "show", "b1"]);
  expect(rows.stdout).toMatch(/^status\tdead$/m);
  expect(rows.stdout).toMatch(/^next\.0\tpush-cli broadcast resume b1$/m);
  expect((await cli.run(["broadcast", "list", "--status", "dead"])).stdout).toMatch(/^b1\t/);
  expect((await cli.run(["broadcast", "watch", "b1"])).code, "9: it died").toBe(9);
  const taken = await cli.run(SEND);
  expect(taken).toMatchObject({ code: 10, stderr: expect.stringContaining(", dead, ") });

  const exact = await json<Shown>("show", "b1", "--exact");
  expect(exact).toMatchObject({ status: "dead", counted: "ledgers" });
  expect(exact.outcomes!.sent).toBeGreaterThanOrEqual(sent);
  expect(exact.outcomes!.sent).toBeLessThanOrEqual(delivered());
  expect(exact.outcomes!.sent + exact.open!).toBeGreaterThanOrEqual(delivered());
  expect(exact.toGo! + exact.outcomes!.sent).toBe(USERS);
  const open = await cli.run(["broadcast", "recipients", "b1", "--outcome", "open", "--json"]);
  expect(open.stdout.split("\n").length - 1).toBe(exact.open);

  const resumed = await json<Shown>("resume", "b1", "--yes", "--concurrency", "16");
  expect(resumed).toMatchObject({
    status: "finished",
    outcomes: { sent: USERS },
    open: 0,
    toGo: 0,
    next: [],
  });
  expect(world.sandbox.stats()).toMatchObject({ delivered: USERS, maxPerUser: 1, duplicates: 0 });
  expect(await json<Shown>("show", "b1")).toMatchObject({
    status: "finished",
    outcomes: { sent: USERS },
    toGo: 0,
  });
});

it("a resume that was killed leaves no old end behind, and is gone on with like any other", async () => {
  await giveUsers(world, USERS);
  const first = cli.start(SEND, { stdin: "" });
  await expect.poll(delivered).toBeGreaterThan(60);
  first.child.kill("SIGINT");
  expect((await first.done).code).toBe(130);
  const before = (await json<Shown>("show", "b1")).outcomes!.sent;
  await killAfter(400, ["broadcast", "resume", "b1", "--yes", "--concurrency", "4"]);
  const dead = await json<Shown>("show", "b1");
  expect(dead).toMatchObject({
    status: "dead",
    finishedAt: null,
    runs: [{ state: "ended" }, { state: "died" }],
  });
  expect(dead).not.toHaveProperty("reason");
  expect(dead.outcomes!.sent, "of both runs").toBeGreaterThan(before);
  const screen = await json<Shown>("cancel", "b1");
  expect(screen).toMatchObject({ status: "cancelled", outcomes: dead.outcomes, toGo: dead.toGo });
  expect((await cli.run(["broadcast", "resume", "b1", "--yes"])).code).toBe(3);
});

it("a broadcast with filters that was killed holds to them when it is resumed, without its file", async () => {
  await giveUsers(world, USERS);
  const openIds = Array.from({ length: USERS }, (_, i) => `o${String(i).padStart(4, "0")}`);
  const excluded = openIds.filter((_, i) => i % 3 === 0);
  const file = join(mkdtempSync(join(tmpdir(), "push-cli-test-")), "excluded.txt");
  writeFileSync(file, excluded.join("\n"));
  await killAfter(100, [...SEND, "--exclude-file", file, "--match", "*[0-4]"]);
  rmSync(dirname(file), { recursive: true });
  const before = await json<{ outcomes: { sent: number }; filtered: object }>("show", "b1");
  expect(before.filtered).toMatchObject({ exclude: expect.any(Number), match: expect.any(Number) });
  const resumed = await cli.run(["broadcast", "resume", "b1", "--yes", "--json"]);
  expect(resumed.code, resumed.stderr).toBe(0);
  const fits = openIds.filter((openId) => /[0-4]$/.test(openId));
  const chosen = fits.filter((openId) => !excluded.includes(openId));
  expect(JSON.parse(resumed.stdout)).toMatchObject({
    status: "finished",
    recipients: chosen.length,
    outcomes: { sent: chosen.length },
    filtered: { match: USERS - fits.length, exclude: fits.length - chosen.length },
  });
  const { deliveriesByUser, maxPerUser } = world.sandbox.stats();
  expect(Object.keys(deliveriesByUser).sort()).toEqual([...chosen].sort());
  expect(maxPerUser).toBe(1);
});
