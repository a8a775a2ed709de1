import { describe, expect, it } from "vitest";
import { NO_TERMINAL, useBuiltCli } from "./built-cli.ts";
import { giveUsers, TEMPLATE, useWorld } from "./world.ts";

const cli = useBuiltCli();
const world = useWorld(cli, { latencyMs: 20 });
const delivered = () => world.sandbox.stats().delivered;
const title = NO_TERMINAL ? ` (skipped: ${NO_TERMINAL})` : "";

async function begin(users: number, concurrency = "2") {
  await giveUsers(world, users);
  const argv = ["broadcast", TEMPLATE, "--yes", "--no-keywords", "--id", "b1", "--concurrency", concurrency];
  const sending = cli.start(argv, { stdin: "" });
  await expect.poll(delivered).toBeGreaterThan(5);
  return sending;
}

/** What was drawn between one clearing of the live lines and the next, without control sequences. */
function framesOf(screen: string): string[][] {
  return screen
    .split(/\x1b\[1G/)
    .map((part) => part.replace(/\x1b\[[\d;?]*[A-Za-z]/g, "").replaceAll("\r", ""))
    .filter((part) => part.includes("outcomes  sent"))
    .map((part) => part.split("\n").map((line) => line.trimEnd()));
}

describe.skipIf(NO_TERMINAL)(`broadcast watch in a terminal${title}`, () => {
  it("shows eight lines that go on, and the whole state at the end", async () => {
    const sending = await begin(400);
    const watching = cli.startInTerminal(["broadcast", "watch", "b1"]);
    const { code, stdout } = await watching.done;
    expect(code).toBe(0);
    const frames = framesOf(stdout);
    expect(frames.length).toBeGreaterThan(5);
    for (const frame of frames) {
      const lines = frame.filter((line) => line !== "");
      expect(lines.length, frame.join("\n")).toBeLessThanOrEqual(8);
      for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(79);
    }
    const whole = frames.find((frame) => frame.filter((line) => line !== "").length === 8)!;
    expect(whole.join("\n")).toMatch(
      /broadcast b1: running, order-shipped\n.* of 400\nrate .*\noutcomes +sent \d+.*\nto go +\d+.*\ncodes .*\nerrors +none\nruns +1 run: /,
    );
    const counts = frames.map((frame) =>
      Number(/sent ([\d,]+)/.exec(frame.join("\n"))![1]!.replace(",", "")),
    );
    expect(new Set(counts).size).toBeGreaterThan(2);
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
    expect(stdout).toMatch(/broadcast +b1: finished/);
    expect(stdout.lastIndexOf("\x1b[?25h"), "the cursor is back").toBeGreaterThan(
      stdout.lastIndexOf("\x1b[?25l"),
    );
    expect((await sending.done).code).toBe(0);
  });

  it("ends by Ctrl-C with 130, and the broadcast goes on", async () => {
    const sending = await begin(400);
    const watching = cli.startInTerminal(["broadcast", "watch"]);
    await watching.shows(/outcomes {2}sent/);
    watching.type("\x03");
    const { code, stdout } = await watching.done;
    expect(code).toBe(130);
    expect(stdout).toContain("stopped watching; broadcast b1 continues");
    expect((await sending.done).code).toBe(0);
    expect(delivered()).toBe(400);
  });
});

describe("broadcast watch", () => {
  it("ends at once with 9 when the run is killed on this host", async () => {
    const sending = await begin(600);
    const watching = cli.start(["broadcast", "watch", "b1", "--json"], { stdin: "" });
    await watching.shows(/"status":"running"/);
    sending.child.kill("SIGKILL");
    await sending.done;
    const { code, stdout } = await watching.done;
    expect(await world.redis.keys("mina:broadcast:b1:run:*"), "its lease was not waited for").toHaveLength(1);
    expect(code).toBe(9);
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { status: string });
    expect(lines.at(-1)).toMatchObject({ status: "dead", runs: [], finishedAt: null });
    expect(lines[0]!.status).toBe("running");
  });

  it("in a log prints a line every ten seconds on stderr, and rows on stdout at the end", async () => {
    const sending = await begin(550, "1");
    const { code, stdout, stderr } = await cli.run(["broadcast", "watch", "b1"]);
    expect(code).toBe(0);
    const beats = stderr.trimEnd().split("\n");
    expect(beats.length).toBeGreaterThanOrEqual(1);
    for (const beat of beats)
      expect(beat).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}\d+\.\d% {2}\d+ of 550 {2}rate .*sent \d+/);
    expect(stdout).toMatch(/^broadcastId\tb1$/m);
    expect(stdout).toMatch(/^status\tfinished$/m);
    expect(stdout).toMatch(/^outcomes\.sent\t550$/m);
    await sending.done;
  });

  it("cancel from another process stops a run that nobody here started", async () => {
    const sending = await begin(600);
    const watching = cli.start(["broadcast", "watch", "b1"], { stdin: "" });
    const cancelled = await cli.run(["broadcast", "cancel", "b1"]);
    expect(cancelled.code, cancelled.stderr).toBe(0);
    expect(cancelled.stdout).toMatch(/^status\tcancelled$/m);
    const { code, stdout, stderr } = await sending.done;
    expect(code).toBe(9);
    expect(delivered(), "soon").toBeLessThan(600);
    expect(stdout).toMatch(/^status\tcancelled$/m);
    expect(stderr).toMatch(/^error: cancelled by \S+@\S+$/m);
    expect((await watching.done).code, "9, too").toBe(9);
    const left = (await world.redis.keys("mina:openid:*")).length;
    expect(left + delivered(), "each code is spent or back").toBe(600);
  });
});
