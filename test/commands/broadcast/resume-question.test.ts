import { beforeEach, describe, expect, test } from "vitest";
import {
  broadcast,
  dumpAll,
  giveUsers,
  interrupt,
  setFaults,
  until,
  useWorld,
} from "../../broadcast/world.ts";
import { unwrap } from "../world.ts";
import { answering, atTerminal, errorOf, inPipe, pressCtrlC } from "./at-terminal.ts";
import { start } from "./commands.ts";

const world = useWorld({ sandbox: { latencyMs: 5 } });
const delivered = () => world.sandbox.stats().delivered;

/** A broadcast to 20 users that stops halfway. */
async function stopHalfway(id = "b-1", args: string[] = []): Promise<number> {
  await giveUsers(world, 20, { codes: 2, prefix: `${id}-u` });
  const before = delivered();
  const enough = () => delivered() >= before + 6;
  expect((await interrupt(world, ["--id", id, "--concurrency", "1", ...args], enough)).code).toBe(130);
  return delivered() - before;
}

describe("resume at a terminal", () => {
  let sent: number;
  beforeEach(async () => {
    sent = await stopHalfway("b-1", ["--keywords", "a,b", "--page", "p"]);
  });

  test("shows what is done, what is left and where, and asks", async () => {
    const before = await dumpAll(world);
    const { code, stdout, stderr } = await atTerminal(world, ["resume", "b-1", "--rate", "1/s"], "n\n");
    expect({ code, stdout }).toEqual({ code: 11, stdout: "" });
    const left = 20 - sent;
    for (const fact of [
      /^broadcast +b-1, started \d{4}-/m,
      /^status +interrupted \(SIGINT\)$/m,
      /^appid +wx-sandbox$/m,
      /^redis +redis:\/\/.*, pools under mina:openid:$/m,
      new RegExp(`^API +${world.sandbox.url}$`, "m"),
      /^template +template-1$/m,
      /^page +p$/m,
      /^keyword1 +a$/m,
      /^keyword2 +b$/m,
      new RegExp(`^done +sent ${sent} \\(from the ledgers\\)$`, "m"),
      new RegExp(`^to go +${left} users not yet sent to$`, "m"),
      new RegExp(`^spends +up to ${left} codes$`, "m"),
      /^takes +about .* at 1\.0\/s$/m,
      /^report +none/m,
    ]) {
      expect(stderr).toMatch(fact);
    }
    expect(stderr).toContain(`Resume b-1 for up to ${left} users? [y/N] `);
    expect(stderr).toContain("not confirmed; nothing was sent");
    expect(stderr).not.toContain("--retry-unknown");
    const rows = stderr.split("\n").reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / 80)), 0);
    expect(rows).toBeLessThanOrEqual(24);
    expect(await dumpAll(world)).toEqual(before);
  });

  test("goes on after y", async () => {
    const { code, stderr } = await atTerminal(world, ["resume", "b-1"], "y\n");
    expect(code, stderr).toBe(0);
    expect(world.sandbox.stats()).toMatchObject({ delivered: 20, maxPerUser: 1 });
  });

  test("does nothing after n, the end of the input, or Ctrl-C: exit 130", async () => {
    const before = await dumpAll(world);
    for (const typed of ["n\n", "", "20\n"])
      expect((await atTerminal(world, ["resume", "b-1"], typed)).code).toBe(11);
    const { code, stderr } = await pressCtrlC(world, ["resume", "b-1"], /\[y\/N\]/);
    expect(code).toBe(130);
    expect(stderr).toContain("interrupted; nothing was sent");
    expect(delivered()).toBe(sent);
    expect(await dumpAll(world)).toEqual(before);
  });

  test("wants the number above --confirm-above", async () => {
    const argv = ["resume", "b-1", "--confirm-above", "2"];
    expect((await atTerminal(world, argv, "y\n")).code).toBe(11);
    const { code, stderr } = await atTerminal(world, argv, `${20 - sent}\n`);
    expect(code, stderr).toBe(0);
    expect(delivered()).toBe(20);
  });

  test.each(["-y", "--yes"])("asks nothing with %s", async (flag) => {
    const { code, stderr } = await atTerminal(world, ["resume", "b-1", flag], "n\n");
    expect(code, stderr).toBe(0);
    expect(stderr).not.toContain("[y/N]");
    expect(delivered()).toBe(20);
  });

  test("tells what --retry-unknown may do", async () => {
    const { stderr } = await atTerminal(world, ["resume", "b-1", "--retry-unknown"], "n\n");
    expect(unwrap(stderr)).toMatch(/^warning +--retry-unknown: .*prepay_id.* deliver the message twice$/m);
  });
});

test("resume of what is running asks nothing: exit 10, and the run goes on", async () => {
  await giveUsers(world, 400);
  const running = start((options) => broadcast(world, ["--id", "b-1", "--rate", "10/s"], options));
  await until(() => delivered() > 0);
  const { code, stderr } = await atTerminal(world, ["resume", "b-1"], "y\n");
  expect(code).toBe(10);
  expect(stderr).toContain("broadcast 'b-1' has been running on test-host");
  expect(stderr).not.toContain("[y/N]");
  const then = delivered();
  await until(() => delivered() > then);
  running.signal("SIGINT");
  expect((await running.done).json()).toMatchObject({ status: "interrupted" });
});

describe("resume without a terminal", () => {
  test("is refused without --yes: exit 11", async () => {
    await stopHalfway();
    const before = await dumpAll(world);
    for (const more of [[], ["--no-input"]]) {
      const result = await inPipe(world, ["resume", "b-1", "--json", ...more]);
      expect(result).toMatchObject({ code: 11, stdout: "" });
      expect(errorOf(result)).toMatchObject({
        code: "confirm",
        hint: expect.stringMatching(/--yes.*--dry-run/),
      });
    }
    expect(await dumpAll(world)).toEqual(before);
  });
});

describe("resume --dry-run", () => {
  test("counts what is left and changes nothing, in each form", async () => {
    const sent = await stopHalfway();
    const left = 20 - sent;
    const before = await dumpAll(world);
    const { requests } = world.sandbox.stats();

    const human = await atTerminal(world, ["resume", "b-1", "--dry-run"]);
    expect(human.code, human.stderr).toBe(0);
    expect(human.stdout).toMatch(new RegExp(`^to go +${left} users not yet sent to$`, "m"));
    expect(human.stdout).toContain(`dry run: would send to up to ${left} users; nothing was sent`);

    const plain = await inPipe(world, ["resume", "b-1", "--dry-run"]);
    const rows = Object.fromEntries(
      plain.stdout
        .trimEnd()
        .split("\n")
        .map((row) => row.split("\t")),
    );
    expect(rows).toMatchObject({
      broadcastId: "b-1",
      status: "interrupted",
      wouldSend: String(left),
      "toSend.fresh": String(left),
      "toSend.open": "0",
      "toSend.retries": "0",
      dryRun: "true",
    });

    const json = await inPipe(world, ["resume", "b-1", "--dry-run", "--json"]);
    expect(json.json()).toMatchObject({
      broadcastId: "b-1",
      status: "interrupted",
      dryRun: true,
      wouldSend: left,
      toSend: { fresh: left, open: 0, retries: 0 },
      outcomes: { sent },
      toGo: left,
    });
    expect(world.sandbox.stats().requests).toBe(requests);
    expect(await dumpAll(world)).toEqual(before);
  });

  test("beside a run at work is refused as the real one; with --join it counts open claims apart", async () => {
    await giveUsers(world, 20);
    setFaults(world, "slow:100");
    const running = broadcast(world, ["--id", "b-1", "--concurrency", "3", "--timeout", "100ms"]);
    await until(() => world.sandbox.stats().requests > 3);
    const refused = await inPipe(world, ["resume", "b-1", "--dry-run", "--json"]);
    expect(refused).toMatchObject({ code: 10, stdout: "" });
    expect(errorOf(refused).hint).toContain("--join");
    const dry = await inPipe(world, ["resume", "b-1", "--join", "--dry-run", "--json"]);
    const { toSend, wouldSend } = dry.json<{ wouldSend: number; toSend: Record<string, number> }>();
    expect(toSend.open).toBeGreaterThan(0);
    expect(toSend.open! + toSend.fresh!).toBe(wouldSend);
    expect(wouldSend).toBeLessThanOrEqual(20);
    setFaults(world);
    await running;
  });

  test("of what is finished is refused as the real one: exit 3", async () => {
    await giveUsers(world, 2);
    await broadcast(world, ["--id", "b-1"]);
    const before = await dumpAll(world);
    const result = await inPipe(world, ["resume", "b-1", "--dry-run", "--json"]);
    expect(result).toMatchObject({ code: 3, stdout: "" });
    expect(await dumpAll(world)).toEqual(before);
  });
});

describe("resume without an id", () => {
  test("offers those that can be resumed, and takes a number", async () => {
    await giveUsers(world, 2);
    await broadcast(world, ["--id", "done"]);
    await stopHalfway("b-1");
    await stopHalfway("b-2");
    const before = delivered();
    const { code, stderr } = await answering(
      world,
      ["resume"],
      [
        [/Which one\? \[1-2\] /, "2\n"],
        [/\[y\/N\]/, "y\n"],
      ],
    );
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/^1 {2}b-2 .*template-1: interrupted, \d+ sent, \d+ to go$/m);
    expect(stderr).toMatch(/^2 {2}b-1 .*template-1: interrupted, \d+ sent, \d+ to go$/m);
    expect(stderr).not.toMatch(/^\d {2}done/m);
    const shown = await inPipe(world, ["show", "b-1", "--json"]);
    expect(shown.json()).toMatchObject({ status: "finished" });
    expect(delivered()).toBeGreaterThan(before);
  });

  test.each(["0\n", "2\n", "-1\n", "x\n", "\n", "1.5\n", "b-1\n", ""])("takes no %j", async (typed) => {
    await stopHalfway();
    const before = await dumpAll(world);
    const { code, stderr } = await atTerminal(world, ["resume"], typed);
    expect(code).toBe(11);
    expect(stderr).toContain("no broadcast chosen; nothing was done");
    expect(await dumpAll(world)).toEqual(before);
  });

  test("and at the end of the input the question is not answered", async () => {
    await stopHalfway();
    const before = await dumpAll(world);
    expect((await atTerminal(world, ["resume"], "1\n")).code).toBe(11);
    expect(await dumpAll(world)).toEqual(before);
  });

  test.each([[[]], [["--yes"]], [["--no-input"]]])("without a terminal is exit 2 (%s)", async (more) => {
    await stopHalfway();
    const result = await inPipe(world, ["resume", "--json", ...more]);
    expect(result).toMatchObject({ code: 2, stdout: "" });
    expect(errorOf(result).hint).toContain("--last");
  });

  test("--last is the newest that can be resumed", async () => {
    await stopHalfway("b-1");
    await stopHalfway("b-2");
    await giveUsers(world, 2);
    await broadcast(world, ["--id", "done", "--to", "u0", "u1"]);
    const result = await inPipe(world, ["resume", "--last", "--yes", "--json"]);
    expect(result.code, result.stderr).toBe(0);
    expect(result.json()).toMatchObject({ broadcastId: "b-2", status: "finished" });
  });

  test("--last leaves alone what somebody paused, which has to be named", async () => {
    await stopHalfway("b-1");
    await world.redis.client.hset("mina:broadcast:b-1", "status", "paused");
    const result = await inPipe(world, ["resume", "--last", "--yes", "--json"]);
    expect(result).toMatchObject({ code: 3, stdout: "" });
    expect(errorOf(result)).toMatchObject({
      message: expect.stringMatching(/^--last passes over 'b-1': /),
      hint: "to resume it: push-cli broadcast resume b-1",
    });
    expect((await inPipe(world, ["resume", "b-1", "--yes", "--json"])).json()).toMatchObject({
      status: "finished",
    });
  });

  test("--last with an id is exit 2, with nothing to resume exit 3", async () => {
    expect((await inPipe(world, ["resume", "b-1", "--last", "--yes"])).code).toBe(2);
    await giveUsers(world, 1);
    await broadcast(world, ["--id", "done"]);
    const result = await inPipe(world, ["resume", "--last", "--yes", "--json"]);
    expect(result).toMatchObject({ code: 3, stdout: "" });
    expect(errorOf(result).message).toContain("no broadcast can be resumed");
  });
});
