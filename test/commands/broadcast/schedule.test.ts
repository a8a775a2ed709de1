import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { BroadcastResult } from "../../../src/broadcast/record.ts";
import {
  broadcast,
  checkBooks,
  countCodes,
  dumpAll,
  giveUsers,
  interrupt,
  ledgers,
  until,
  useWorld,
} from "../../broadcast/world.ts";
import { atTerminal, errorOf } from "./at-terminal.ts";
import { moveRunFarAway, type Shown, start, untilShown, useCommands } from "./commands.ts";

const world = useWorld({ sandbox: { latencyMs: 5 } });
const commands = useCommands(world);
const { run, show, resume, delivered } = commands;
const RECORD = "mina:broadcast:b-1";
const DAY_MS = 86_400_000;

// What is loaded when it is first used takes longer than some of these broadcasts wait.
beforeAll(async () => {
  await giveUsers(world, 1);
  await broadcast(world, ["--id", "warm-up"]);
  await show("warm-up");
  await run(["watch", "warm-up", "--json"]);
});

/** Scheduled for later, by a process that has ended. */
async function schedule(args: string[] = [], id = "b-1") {
  const result = await broadcast(world, ["--id", id, "--at", "+5h", "--no-wait", ...args]);
  expect(result.code, result.stderr).toBe(0);
  return result;
}

/** Lets its time come, or pass. */
async function comes(id = "b-1", ms = Date.now() - 1): Promise<void> {
  const key = `mina:broadcast:${id}`;
  const before = JSON.parse((await world.redis.client.hget(key, "schedule")) ?? "{}");
  await world.redis.client.hset(key, "schedule", JSON.stringify({ ...before, atMs: ms }));
}

/** Until a process waits for its time. */
async function untilWaiting(): Promise<Shown> {
  await until(async () => (await world.redis.client.exists(RECORD)) === 1);
  return untilShown(commands, "b-1", ({ runs }) => runs.some(({ alive }) => alive));
}

const runDue = (...args: string[]) => run(["run-due", "--yes", "--json", ...args]);

interface RunDue {
  broadcasts: {
    broadcastId: string;
    exit: string | null;
    exitCode: number | null;
    status: string;
    sent: number;
  }[];
  skipped: { broadcastId: string; why: string }[];
}

describe("a process that waits for the time", () => {
  beforeEach(() => giveUsers(world, 20, { codes: 2 }));

  test("begins by itself, and counts as scheduled until then", async () => {
    const sending = start((options) => broadcast(world, ["--id", "b-1", "--at", "+6s"], options));
    const waiting = await untilWaiting();
    expect(waiting).toMatchObject({
      status: "scheduled",
      outcomes: { sent: 0 },
      toGo: null,
      next: ["push-cli broadcast watch b-1"],
      schedule: { at: expect.any(String), timeZone: expect.any(String) },
    });
    expect(await countCodes(world)).toBe(40);
    expect(await ledgers(world)).toEqual(new Map());
    const watched = (await run(["watch", "b-1", "--json"])).lines<{
      status: string;
      runs: { waiting: string }[];
    }>();
    expect(watched[0]).toMatchObject({ status: "scheduled" });
    expect(
      watched.some(({ runs }) =>
        runs.some((one) => /^scheduled for 20\d\d-.* \(in \d s\)$/.test(one.waiting)),
      ),
    ).toBe(true);
    expect(watched.at(-1)).toMatchObject({ status: "finished" });
    const result = await sending.done;
    expect(result.code, result.stderr).toBe(0);
    const document = await checkBooks(world, result, 40);
    const { at = "" } = document.schedule ?? {};
    expect(Date.parse(document.startedAt), "the beginning").toBeGreaterThanOrEqual(Date.parse(at));
    expect(document).toMatchObject({ status: "finished", outcomes: { sent: 20 } });
    expect(document.durationMs, "without the wait").toBeLessThan(5000);
    expect(await show("b-1")).toMatchObject({ users: 20, status: "finished" });
  });

  test("sees the users that there are when it begins", async () => {
    const sending = start((options) => broadcast(world, ["--id", "b-1", "--at", "+5s"], options));
    await untilWaiting();
    await giveUsers(world, 5, { prefix: "late" });
    const result = await sending.done;
    expect(result.json()).toMatchObject({ outcomes: { sent: 25 }, toGo: 0 });
    expect((await show("b-1")).users).toBe(25);
  });

  test("ends at Ctrl-C with 130, and the broadcast stays scheduled", async () => {
    let waits = false;
    void untilWaiting().then(() => {
      waits = true;
    });
    const cut = await interrupt(world, ["--id", "b-1", "--at", "+5h"], () => waits);
    expect(cut.code).toBe(130);
    expect(cut.json()).toMatchObject({ status: "scheduled", outcomes: { sent: 0 }, open: 0 });
    expect(cut.stderr).toContain("broadcast b-1 is still scheduled");
    for (const next of ["push-cli broadcast run-due", "push-cli broadcast resume b-1"])
      expect(cut.stderr).toContain(next);
    const shown = await show("b-1");
    expect(shown).toMatchObject({ status: "scheduled", runs: [{ alive: false, state: "ended" }] });
    expect(shown).not.toHaveProperty("reason");
    const now = await resume("b-1", ["--now"]);
    expect(now.code, now.stderr).toBe(0);
    expect(await checkBooks(world, now, 40)).toMatchObject({ status: "finished", outcomes: { sent: 20 } });
  });

  test.each([
    ["pause", "paused"],
    ["cancel", "cancelled"],
  ])("ends when another %ss the broadcast", async (verb, status) => {
    const sending = start((options) => broadcast(world, ["--id", "b-1", "--at", "+5h"], options));
    await untilWaiting();
    const halted = await run([verb, "b-1", "--json"]);
    expect(halted.code, halted.stderr).toBe(0);
    const reason = `${status} by tester@test-host`;
    expect(halted.json()).toMatchObject({ status, reason, runs: [{ alive: false }] });
    expect((await sending.done).code).toBe(9);
    await comes();
    expect((await runDue()).json()).toEqual({ broadcasts: [], skipped: [] });
    expect(delivered()).toBe(0);
    const resumed = await resume("b-1");
    expect(resumed.code).toBe(verb === "pause" ? 0 : 3);
    expect(delivered()).toBe(verb === "pause" ? 20 : 0);
  });

  test("is the only one: another is told so, deletes nothing, and run-due leaves it alone", async () => {
    const sending = start((options) => broadcast(world, ["--id", "b-1", "--at", "+5h"], options));
    await untilWaiting();
    expect(await resume("b-1")).toMatchObject({ code: 10 });
    const deleted = await run(["delete", "b-1", "--yes"]);
    expect(deleted).toMatchObject({
      code: 10,
      stderr: expect.stringContaining("a process waits for its time"),
    });
    await comes();
    expect((await runDue()).json<RunDue>()).toMatchObject({
      broadcasts: [],
      skipped: [
        { broadcastId: "b-1", why: expect.stringContaining(`(pid ${process.pid}) is about to begin it`) },
      ],
    });
    sending.signal("SIGINT");
    expect((await sending.done).code).toBe(130);
  });

  test("does not begin what another process has begun while it was frozen", async () => {
    const sending = start((options) => broadcast(world, ["--id", "b-1", "--at", "+6s"], options));
    await untilWaiting();
    // As run-due does, where the heartbeat has lapsed.
    await world.redis.client.hset(RECORD, { status: "running", beganBy: "another" });
    const result = await sending.done;
    expect(result.code).toBe(10);
    expect(result.stderr).toContain("another process began broadcast 'b-1' at the same time");
    expect(delivered()).toBe(0);
    expect(await world.redis.client.hget(RECORD, "status")).toBe("running");
  });
});

describe("without a process", () => {
  beforeEach(() => giveUsers(world, 20, { codes: 2 }));

  test("a broadcast is written down, and says what begins it", async () => {
    const { json, stderr } = await schedule();
    expect(json()).toMatchObject({
      status: "scheduled",
      runs: [],
      next: [
        "push-cli broadcast resume b-1",
        "push-cli broadcast resume b-1 --now",
        "push-cli broadcast run-due",
      ],
    });
    expect(stderr).toContain("* * * * * push-cli broadcast run-due --yes --quiet");
    const taken = await broadcast(world, ["--id", "b-1"]);
    expect(taken).toMatchObject({ code: 10, stderr: expect.stringMatching(/, scheduled for 20\d\d-/) });
    expect((await commands.screen(["list"])).stdout).toMatch(/b-1 +in (4h 59m|5h 00m) +scheduled/);
    expect((await run(["list", "--status", "scheduled", "--json"])).json()).toMatchObject({
      broadcastId: "b-1",
    });
    const screen = (await commands.screen(["show", "b-1"])).stdout;
    expect(screen).toMatch(/^begins +20\d\d-\d\d-\d\d \d\d:\d\d \(in 5 h 0 min\), \S+$/m);
    expect(screen).toMatch(/^when +created /m);
  });

  test("run-due begins it once its time has come, and only then", async () => {
    await schedule();
    const early = await runDue();
    expect([early.code, early.json()]).toEqual([0, { broadcasts: [], skipped: [] }]);
    await comes();
    const before = await dumpAll(world);
    const dry = await run(["run-due", "--dry-run", "--json"]);
    expect(dry.json()).toMatchObject({ broadcasts: [{ broadcastId: "b-1", exit: null }], dryRun: true });
    expect(await dumpAll(world)).toEqual(before);
    const began = Date.now();
    const due = await runDue();
    expect(due.code, due.stderr).toBe(0);
    expect(due.json<RunDue>().broadcasts).toMatchObject([
      { broadcastId: "b-1", exit: "done", exitCode: 0, status: "finished", sent: 20 },
    ]);
    const shown = await show("b-1");
    expect(shown).toMatchObject({ status: "finished", outcomes: { sent: 20 }, users: 20 });
    expect(Date.parse(shown.startedAt), "the ledgers' age counts from the beginning").toBeGreaterThanOrEqual(
      began,
    );
    expect((await runDue()).json()).toEqual({ broadcasts: [], skipped: [] });
    expect(world.sandbox.stats()).toMatchObject({ delivered: 20, maxPerUser: 1 });
    expect(await world.redis.keys("mina:lock:begin:*")).toEqual([]);
  });

  test("of several run-due at the same moment one begins each", async () => {
    const ids = ["b-1", "b-2", "b-3"];
    for (const id of ids) {
      await schedule(["--to", `u${ids.indexOf(id)}`, "u9"], id);
      await comes(id);
    }
    const all = await Promise.all([runDue(), runDue(), runDue(), runDue()]);
    for (const { code, stderr } of all) expect(code, stderr).toBe(0);
    const begun = all.flatMap(({ json }) => json<RunDue>().broadcasts);
    expect(begun.map(({ broadcastId }) => broadcastId).sort()).toEqual(ids);
    for (const id of ids)
      expect(await show(id)).toMatchObject({ status: "finished", runs: [{ alive: false }] });
    // u9 has two codes for three broadcasts.
    expect(delivered()).toBe(5);
  });

  test("run-due names what is another's, and exits with the worst of what it began", async () => {
    await schedule([], "other-app");
    await schedule([], "other-channel");
    await schedule(["--to", "u1"], "good");
    await schedule(["--to", "nobody"], "bad");
    for (const id of ["other-app", "other-channel", "good", "bad"]) await comes(id);
    await world.redis.client.hset("mina:broadcast:other-app", "appid", "wx-another");
    await world.redis.client.hset("mina:broadcast:other-channel", "channel", "wechat-subscribe");
    const due = await runDue();
    expect(due.code).toBe(3);
    const { broadcasts, skipped } = due.json<RunDue>();
    expect(broadcasts.map(({ broadcastId, exit }) => [broadcastId, exit]).sort()).toEqual([
      ["bad", "nothing"],
      ["good", "done"],
    ]);
    expect(skipped.sort((a, b) => (a.broadcastId < b.broadcastId ? -1 : 1))).toEqual([
      { broadcastId: "other-app", why: "its appid is wx-another" },
      { broadcastId: "other-channel", why: "its channel is wechat-subscribe" },
    ]);
  });

  test("run-due goes on where one of those due is deleted while another sends", async () => {
    await giveUsers(world, 40, { codes: 2 });
    await schedule([], "b-1");
    await schedule(["--to", "u1"], "b-2");
    await schedule(["--to", "u2"], "b-3");
    for (const [i, id] of ["b-1", "b-2", "b-3"].entries()) await comes(id, Date.now() - 60_000 + i);
    const due = runDue("--rate", "20/s");
    await until(() => delivered() >= 5);
    expect((await run(["delete", "b-2", "--yes"])).code).toBe(0);
    const ended = await due;
    expect(ended.code).toBe(3);
    expect(ended.json<RunDue>().broadcasts.map(({ broadcastId, exit }) => [broadcastId, exit])).toEqual([
      ["b-1", "done"],
      ["b-2", "nothing"],
      ["b-3", "done"],
    ]);
  });

  test("run-due needs --yes where nobody can be asked, and asks otherwise", async () => {
    await schedule();
    await comes();
    expect((await run(["run-due"])).code).toBe(11);
    const no = await atTerminal(world, ["run-due"], "n\n");
    expect(no).toMatchObject({ code: 11, stderr: expect.stringContaining("Begin 1 broadcast (b-1)? [y/N]") });
    expect(delivered()).toBe(0);
    const yes = await atTerminal(world, ["run-due"], "y\n");
    expect(yes.code, yes.stderr).toBe(0);
    expect(delivered()).toBe(20);
  });

  test("what began and died is not begun again by run-due", async () => {
    await schedule();
    await comes();
    expect((await runDue()).code).toBe(0);
    await moveRunFarAway(world, "b-1");
    await world.redis.client.del(...(await world.redis.keys("mina:broadcast:b-1:run:*")));
    expect((await show("b-1")).status).toBe("dead");
    expect((await runDue()).json()).toEqual({ broadcasts: [], skipped: [] });
  });

  test("resume waits for the time as well; --last takes none that is for later", async () => {
    await schedule();
    expect(await run(["resume", "--last", "--yes"])).toMatchObject({ code: 3 });
    const dry = await run(["resume", "b-1", "--dry-run", "--json"]);
    expect(dry.json()).toMatchObject({ status: "scheduled", wouldSend: 20 });
    await comes("b-1", Date.now() + 2000);
    const result = await resume("b-1");
    expect(result.code, result.stderr).toBe(0);
    expect(await checkBooks(world, result, 40)).toMatchObject({ status: "finished", outcomes: { sent: 20 } });
    const again = await resume("b-1", ["--now"]);
    expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining("has begun already") });
  });

  test("resume --last takes one whose time has come", async () => {
    await schedule();
    await comes();
    expect((await run(["resume", "--last", "--yes"])).code).toBe(0);
    expect(delivered()).toBe(20);
  });

  test.each([
    ["pause", "paused"],
    ["cancel", "cancelled"],
  ])("%s works, and it is not due until it is resumed", async (verb, status) => {
    await schedule();
    expect((await run([verb, "b-1", "--json"])).json()).toMatchObject({ status });
    await comes();
    expect((await runDue()).json()).toEqual({ broadcasts: [], skipped: [] });
    const resumed = await resume("b-1");
    expect(resumed.code).toBe(verb === "pause" ? 0 : 3);
    expect(delivered()).toBe(verb === "pause" ? 20 : 0);
  });

  test("one that was paused and is resumed before its time waits for it again", async () => {
    await schedule();
    await run(["pause", "b-1"]);
    const waiting = start((options) => run(["resume", "b-1", "--yes"], options));
    await untilShown(
      commands,
      "b-1",
      ({ runs, status }) => status === "scheduled" && runs.some((one) => one.alive),
    );
    waiting.signal("SIGINT");
    expect((await waiting.done).code).toBe(130);
    await comes();
    expect((await runDue()).json<RunDue>().broadcasts).toMatchObject([{ sent: 20 }]);
  });

  test("it can be deleted", async () => {
    await schedule();
    expect((await run(["delete", "b-1", "--yes"])).code).toBe(0);
    expect((await runDue()).json()).toEqual({ broadcasts: [], skipped: [] });
  });

  test("a list is kept until 8 days after its time, and one that is gone is no empty audience", async () => {
    await broadcast(world, ["--id", "b-1", "--at", "+720h", "--no-wait", "--to", "u1", "u2"]);
    const [key = ""] = await world.redis.keys("mina:broadcast:b-1:audience:*");
    expect(await world.redis.client.ttl(key)).toBeGreaterThan(37.9 * 24 * 3600);
    await world.redis.client.del(key);
    await comes();
    const due = await runDue();
    expect(due.json<RunDue>().broadcasts).toMatchObject([{ exit: "nothing", status: "stopped" }]);
    expect(due.stderr).toContain("the list of users of broadcast 'b-1' is gone");
  });

  test("its age does not count before it begins", async () => {
    await schedule();
    await world.redis.client.hset(RECORD, "startedAtMs", Date.now() - 20 * DAY_MS);
    await comes();
    expect((await runDue()).json<RunDue>().broadcasts).toMatchObject([{ sent: 20 }]);
  });

  test("keys that Redis dropped before it begins don't matter", async () => {
    await schedule();
    await world.redis.client.hset(RECORD, "evicted", JSON.stringify({ somewhere: 0 }));
    await comes();
    expect((await runDue()).json<RunDue>().broadcasts).toMatchObject([{ sent: 20 }]);
  });
});

describe("--until", () => {
  beforeEach(() => giveUsers(world, 60, { codes: 2 }));

  test("stops the run; a resume after it needs another", async () => {
    const late = await broadcast(world, ["--id", "b-1", "--until", "+2s", "--rate", "10/s"]);
    expect(late.code).toBe(9);
    const document = await checkBooks(world, late, 120);
    expect(document).toMatchObject({
      status: "stopped",
      reason: expect.stringMatching(/^deadline \d\d:\d\d reached$/),
    });
    expect(delivered()).toBeLessThan(60);
    expect(late.stderr).toContain("push-cli broadcast resume b-1 --until none");
    const refused = await resume("b-1");
    expect(refused.code).toBe(3);
    expect(errorOf(refused)).toMatchObject({
      message: expect.stringContaining("the deadline of broadcast 'b-1' has passed"),
      hint: expect.stringContaining("--until none"),
    });
    const more = await resume("b-1", ["--until", "none"]);
    expect(more.code, more.stderr).toBe(0);
    expect(await checkBooks(world, more, 120)).toMatchObject({ status: "finished", outcomes: { sent: 60 } });
    expect(world.sandbox.stats().maxPerUser).toBe(1);
    expect(await show("b-1")).not.toHaveProperty("schedule");
  });

  test("is kept, so that a run that joins stops, too", async () => {
    const first = start((options) =>
      broadcast(world, ["--id", "b-1", "--until", "+3s", "--rate", "10/s"], options),
    );
    await until(() => delivered() > 0);
    const joined = await resume("b-1", ["--join"]);
    expect([joined.code, (await first.done).code]).toEqual([9, 9]);
    expect(await show("b-1")).toMatchObject({
      status: "stopped",
      schedule: { until: expect.any(String) },
      open: null,
    });
    expect(await countCodes(world)).toBe(120 - delivered());
  });

  test("that passes before anybody begins a scheduled one stops it, so that it is no longer due", async () => {
    await schedule(["--until", "+1h"]);
    await comes("b-1", Date.now() - 20_000);
    const record = JSON.parse((await world.redis.client.hget(RECORD, "schedule")) ?? "{}");
    await world.redis.client.hset(
      RECORD,
      "schedule",
      JSON.stringify({ ...record, untilMs: Date.now() - 10_000 }),
    );
    const due = await runDue();
    expect(due.code).toBe(9);
    expect(due.json<RunDue>().broadcasts).toMatchObject([{ status: "stopped", sent: 0 }]);
    expect((await runDue()).json()).toEqual({ broadcasts: [], skipped: [] });
    expect(delivered()).toBe(0);
  });
});

describe("--quiet-hours", () => {
  beforeEach(() => giveUsers(world, 5, { codes: 2 }));
  /** From a minute ago on, for an hour or so. */
  const quietNow = () => {
    const time = (ms: number) => new Date(ms).toISOString().slice(11, 16);
    return `${time(Date.now() - 60_000)}-${time(Date.now() + 3_600_000)}`;
  };

  test("hold a broadcast from its start, which a pause ends at once; a resume may take them away", async () => {
    const hours = quietNow();
    const args = ["--id", "b-1", "--quiet-hours", hours, "--time-zone", "UTC"];
    const sending = start((options) => broadcast(world, args, options));
    await until(async () => {
      const { runs } = (await run(["watch", "b-1", "--json", "--timeout", "0s"])).lines<{
        runs: { waiting: string }[];
      }>()[0] ?? { runs: [] };
      return runs[0]?.waiting === `quiet hours until ${hours.slice(-5)} (UTC)`;
    });
    expect((await run(["pause", "b-1", "--json"])).json()).toMatchObject({ status: "paused" });
    expect((await sending.done).code).toBe(9);
    expect(await countCodes(world)).toBe(10);
    expect((await show("b-1")).schedule).toEqual({ quietHours: hours, timeZone: "UTC" });
    const more = await resume("b-1", ["--quiet-hours", "none"]);
    expect(more.code, more.stderr).toBe(0);
    expect(more.json<BroadcastResult>()).toMatchObject({ status: "finished", outcomes: { sent: 5 } });
    expect(more.json<BroadcastResult>().schedule).toBeUndefined();
  });

  test("delay what is scheduled, also for run-due", async () => {
    await schedule(["--quiet-hours", quietNow(), "--time-zone", "UTC"]);
    await comes();
    expect((await runDue()).json()).toEqual({ broadcasts: [], skipped: [] });
    expect((await commands.screen(["show", "b-1"])).stdout).toMatch(
      /^begins .*\(in (1 h 0 min|59 min|60 min)\), UTC$/m,
    );
  });
});

describe("the question and the dry run", () => {
  beforeEach(() => giveUsers(world, 5));
  const ARGS = [
    "--at",
    "09:00",
    "--until",
    "18:00",
    "--quiet-hours",
    "12:00-13:30",
    "--time-zone",
    "Asia/Shanghai",
  ];

  test("spell out the times and their zone", async () => {
    const { code, stderr } = await atTerminal(world, ["template-1", "--no-keywords", ...ARGS], "n\n");
    expect(code).toBe(11);
    expect(stderr).toMatch(/^begins +\d{4}-\d\d-\d\d 09:00 \(in .*\), Asia\/Shanghai$/m);
    expect(stderr).toMatch(/^until +\d{4}-\d\d-\d\d 18:00, Asia\/Shanghai$/m);
    expect(stderr).toMatch(/^quiet hours +12:00-13:30, Asia\/Shanghai$/m);
    expect(stderr).toMatch(/Send to 5 users at \d{4}-\d\d-\d\d 09:00\? \[y\/N\]/);
  });

  test("have them in JSON", async () => {
    const { json } = await broadcast(world, ["--dry-run", ...ARGS]);
    expect(json()).toMatchObject({
      schedule: {
        at: expect.stringMatching(/T01:00:00.000Z$/),
        until: expect.stringMatching(/T10:00:00.000Z$/),
        quietHours: "12:00-13:30",
        timeZone: "Asia/Shanghai",
      },
    });
  });
});

describe("what makes no sense is refused", () => {
  beforeEach(() => giveUsers(world, 1));

  test.each<[string, string[], number]>([
    ["--at: 'tomorrow' is not a time", ["--at", "tomorrow"], 2],
    ["--at 2020-01-01T09:00 has passed", ["--at", "2020-01-01T09:00"], 2],
    ["is more than 30 days ahead", ["--at", "+31d"], 2],
    ['1x\\" is not a duration', ["--at", "+1x"], 2],
    ["--until +0s leaves no time", ["--until", "+0s"], 2],
    ["--until 2020-01-01T09:00 leaves no time", ["--until", "2020-01-01T09:00"], 2],
    ["--no-wait needs --at", ["--no-wait"], 2],
    [
      "--no-wait and --report can't be used together",
      ["--no-wait", "--at", "+1h", "--report", "r.ndjson"],
      2,
    ],
    ["--time-zone UTC has nothing to apply to", ["--time-zone", "UTC"], 2],
    ["--time-zone: 'Mars' is not a time zone", ["--at", "09:00", "--time-zone", "Mars"], 2],
    ["begins and ends at the same time", ["--quiet-hours", "08:00-08:00"], 2],
    ["--quiet-hours: 'night' is not a span", ["--quiet-hours", "night"], 2],
  ])("%s", async (why, args, code) => {
    const before = await dumpAll(world);
    const result = await broadcast(world, args);
    expect(result.code, result.stderr).toBe(code);
    expect(result.stderr).toContain(why);
    expect(await dumpAll(world)).toEqual(before);
  });

  test("--until before quiet hours let it begin", async () => {
    const tomorrow = new Date(Date.now() + DAY_MS).toISOString().slice(0, 10);
    const args = ["--at", `${tomorrow}T23:00`, "--until", "+2h", "--time-zone", "UTC"];
    const late = await broadcast(world, [...args, "--quiet-hours", "22:00-08:00"]);
    expect(late.stderr).toMatch(/--until \+2h is before the broadcast can begin: \S+ 08:00 \(UTC\)/);
    expect(late.code).toBe(2);
  });

  test("--not-in a broadcast whose ledgers may be gone by then", async () => {
    await broadcast(world, ["--id", "before"]);
    await giveUsers(world, 1, { prefix: "v" });
    const args = ["--not-in", "before", "--no-wait"];
    const late = await broadcast(world, [...args, "--at", "+8d"]);
    expect(late).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("began more than 7 days before --at"),
    });
    expect((await broadcast(world, [...args, "--at", "+6d"])).code).toBe(0);
  });

  test("words of other tools lead to it", async () => {
    const { stderr } = await run(["schedule"]);
    expect(stderr).toContain("push-cli broadcast send <templateId> --at <time>");
  });
});
