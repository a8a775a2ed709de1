import { describe, expect, it } from "vitest";
import { displayWidth } from "../../src/output/width.ts";
import { type Finished, NO_TERMINAL, useBuiltCli } from "./built-cli.ts";
import { giveUsers, TEMPLATE, useWorld } from "./world.ts";

const cli = useBuiltCli();
const world = useWorld(cli, { latencyMs: 100 });
const ASK = ["broadcast", TEMPLATE, "--keywords", "Order 42,shipped", "--page", "pages/index"];
const COLUMNS = 80;
const HOUR_MS = 3_600_000;

const title = NO_TERMINAL ? ` (skipped: ${NO_TERMINAL})` : "";

describe.skipIf(NO_TERMINAL)(`the built command in a terminal${title}`, () => {
  it("shows a broadcast, asks, sends after y with a live line, and sums up in tables", async () => {
    await giveUsers(world, 60);
    const run = cli.startInTerminal([...ASK, "--concurrency", "8"]);
    await run.shows(/Send to 60 users\? \[y\/N\] $/);
    for (const fact of [
      TEMPLATE,
      "pages/index",
      "Order 42",
      "shipped",
      "60 with a valid code",
      world.sandbox.url,
    ]) {
      expect(run.stdout).toContain(fact);
    }
    expect(world.sandbox.stats().requests).toBe(0);
    run.type("y\n");
    await run.shows(/[⠀-⣿].* \d+\/\d+ {2}\d+\.\d% {2}.*\/s {2}ETA .*sent \d+/);
    const { code, stdout } = await run.done;
    expect(code).toBe(0);
    expect(world.sandbox.stats()).toMatchObject({ delivered: 60, maxPerUser: 1 });
    expect(withoutColours(stdout)).toMatch(/: finished, 60 recipients in [\s\S]*\nsent +60 +100\.0%/);
    expectEndsTidy(stdout);
  });

  it.each([
    ["n", "n\n"],
    ["nothing", "\n"],
    ["the end of the input", "\x04"],
  ])("sends nothing after %s", async (_, answer) => {
    await giveUsers(world, 3);
    const run = cli.startInTerminal(ASK);
    await run.shows(/\[y\/N\] $/);
    run.type(answer);
    expect(await run.done).toMatchObject({ code: 11, stdout: expect.stringContaining("nothing was sent") });
    expect(world.sandbox.stats().requests).toBe(0);
    expect(Object.keys(await world.redis.pools())).toHaveLength(3);
  });

  it.each([
    ["y", 11, 0],
    ["11", 11, 0],
    ["12", 0, 12],
  ])("above --confirm-above wants the number typed: %s", async (answer, code, delivered) => {
    await giveUsers(world, 12);
    const run = cli.startInTerminal([...ASK, "--confirm-above", "11"]);
    await run.shows(/Send to 12 users\? Type the number to confirm: $/);
    run.type(`${answer}\n`);
    expect((await run.done).code).toBe(code);
    expect(world.sandbox.stats().delivered).toBe(delivered);
  });

  it("asks before pools are removed, and before a broadcast is deleted", async () => {
    const answer = async (text: string, ...argv: string[]) => {
      const run = cli.startInTerminal(argv);
      await run.shows(/\[y\/N\] $/);
      run.type(`${text}\n`);
      return (await run.done).code;
    };
    await giveUsers(world, 2);
    const pools = async () => Object.keys(await world.redis.pools()).length;
    expect([await answer("n", "pool", "remove", "o0000"), await pools()]).toEqual([11, 2]);
    expect([await answer("y", "pool", "remove", "o0000"), await pools()]).toEqual([0, 1]);
    expect((await cli.startInTerminal([...ASK, "--id", "b-1", "--yes"]).done).code).toBe(0);
    const records = () => world.redis.client.exists("mina:broadcast:b-1");
    expect([await answer("n", "broadcast", "delete", "b-1"), await records()]).toEqual([11, 1]);
    expect([await answer("y", "broadcast", "delete", "b-1"), await records()]).toEqual([0, 0]);
  });

  it("sends nothing after Ctrl-C at the question", async () => {
    await giveUsers(world, 3);
    const run = cli.startInTerminal(ASK);
    await run.shows(/\[y\/N\] $/);
    run.type("\x03");
    expect(await run.done).toMatchObject({ code: 130, stdout: expect.stringContaining("nothing was sent") });
    expect(world.sandbox.stats().requests).toBe(0);
  });

  it("asks on the terminal while the users come through a pipe, and takes the answer from there", async () => {
    await giveUsers(world, 4);
    const argv = [...ASK, "--to-file", "-"];
    const sending = cli.startInTerminal(argv, { pipe: "printf 'o0000\\no0002\\n'" });
    await sending.shows(/Send to 2 users\? \[y\/N\] $/);
    expect(world.sandbox.stats().requests).toBe(0);
    sending.type("y\n");
    expect(await sending.done).toMatchObject({ code: 0, stdout: expect.stringContaining("2 recipients") });
    expect(world.sandbox.stats().delivered).toBe(2);
    for (const [answer, code] of [
      ["n\n", 11],
      ["\x04", 11],
      ["\x03", 130],
    ] as const) {
      const refused = cli.startInTerminal(argv, { pipe: "echo o0001" });
      await refused.shows(/\[y\/N\] $/);
      refused.type(answer);
      expect(await refused.done).toMatchObject({ code, stdout: expect.stringContaining("nothing was sent") });
    }
    expect(world.sandbox.stats().delivered).toBe(2);
  });

  it("takes nothing that comes through a pipe for an answer, and asks nothing with --no-input", async () => {
    await giveUsers(world, 2);
    expect(await cli.runInTerminal(ASK, { pipe: "echo y" })).toMatchObject({
      code: 11,
      stdout: expect.stringContaining("there is no terminal"),
    });
    for (const [argv, pipe] of [
      [ASK, "echo y"],
      [[...ASK, "--to-file", "-"], "echo o0001"],
      [ASK, undefined],
    ] as const) {
      const options = pipe === undefined ? {} : { pipe };
      expect(await cli.runInTerminal([...argv, "--no-input"], options)).toMatchObject({
        code: 11,
        stdout: expect.stringContaining("--no-input is set"),
      });
    }
    expect(world.sandbox.stats().requests).toBe(0);
  });

  it("sends, with nothing live, in a terminal that does not know its width", async () => {
    await giveUsers(world, 20);
    const { code, stdout } = await cli.runInTerminal([...ASK, "--yes"], { columns: 0 });
    expect(code).toBe(0);
    expect(stdout).toContain("finished, 20 recipients in");
    expect(stdout).not.toMatch(/[⠀-⣿]/);
  });

  it("counts how many are left when nobody watched the first run", async () => {
    await giveUsers(world, 100);
    const first = cli.start([
      "broadcast",
      TEMPLATE,
      "--yes",
      "--no-keywords",
      "--quiet",
      "--id",
      "b1",
      "--concurrency",
      "4",
    ]);
    await expect.poll(() => world.sandbox.stats().delivered).toBeGreaterThan(9);
    first.child.kill("SIGINT");
    expect(await first.done).toMatchObject({ code: 130 });
    const resumed = cli.startInTerminal(["broadcast", "resume", "b1", "--yes", "--concurrency", "4"]);
    await resumed.shows(/ \d+\/100 {2}\d+\.\d% {2}/);
    expect(await resumed.done).toMatchObject({ code: 0 });
  });

  it("drains and says how to go on after Ctrl-C, and resume sends the rest once", async () => {
    await giveUsers(world, 100);
    const run = cli.startInTerminal([...ASK, "--yes", "--id", "b1", "--concurrency", "4"]);
    await run.shows(/sent \d+/);
    run.type("\x03");
    const { code, stdout } = await run.done;
    expect(code).toBe(130);
    expect(stdout).toContain("next: push-cli broadcast resume b1");
    expectEndsTidy(stdout);
    const { delivered } = world.sandbox.stats();
    expect(delivered).toBeGreaterThan(0);
    expect(delivered).toBeLessThan(100);
    const resumed = cli.startInTerminal(["broadcast", "resume", "b1", "--yes", "--concurrency", "4"]);
    await resumed.shows(/[⠀-⣿].* \d+\/100 {2}\d+\.\d% {2}.*\/s {2}ETA .*sent \d+/);
    expect(await resumed.done).toMatchObject({ code: 0 });
    expect(world.sandbox.stats()).toMatchObject({ delivered: 100, maxPerUser: 1 });
  });

  it("ends at once by a second Ctrl-C, with the cursor back", async () => {
    world.sandbox.setFaults([{ kind: "slow", percent: 100 }]);
    await giveUsers(world, 4);
    const run = cli.startInTerminal([...ASK, "--yes"]);
    await run.shows(/[⠀-⣿].*\/s/);
    run.type("\x03");
    await run.shows(/waiting for requests in flight/);
    run.type("\x03");
    const { code, stdout } = await run.done;
    expect(code).toBe(130);
    expect(stdout.lastIndexOf("\x1b[?25h")).toBeGreaterThan(stdout.lastIndexOf("\x1b[?25l"));
  });

  it("drains, and can be resumed, when the terminal is closed", async () => {
    await giveUsers(world, 100);
    const run = cli.startInTerminal([...ASK, "--yes", "--id", "b1", "--concurrency", "4"]);
    await run.shows(/sent \d+/);
    // The terminal's window, so to speak.
    run.child.kill("SIGKILL");
    const record = () => world.redis.client.hgetall("mina:broadcast:b1");
    await expect.poll(record).toMatchObject({
      status: "interrupted",
      reason: "interrupted (SIGHUP)",
    });
    expect(await cli.run(["broadcast", "resume", "b1", "--yes"])).toMatchObject({ code: 0 });
    expect(world.sandbox.stats()).toMatchObject({ delivered: 100, maxPerUser: 1 });
  });

  it("shows nothing live where output goes into files", async () => {
    await giveUsers(world, 40);
    const shell = `exec "$0" "$1" broadcast ${TEMPLATE} --yes --no-keywords --concurrency 8 >out 2>err; cat out err`;
    const { stdout } = await cli.spawn("sh", ["-c", shell, process.execPath, cli.program]).done;
    expect(stdout).not.toMatch(/[⠀-⣿]|\x1b/);
  });

  it("reads codes that are typed until Ctrl-D, and gives up at Ctrl-C", async () => {
    const typed = cli.startInTerminal(["pool", "import"]);
    await typed.shows(/press Ctrl-D to end/);
    typed.type(`oA,f1,${Date.now() + HOUR_MS}\n\x04`);
    expect(await typed.done).toMatchObject({ code: 0, stdout: expect.stringContaining("1 code imported") });
    const given = cli.startInTerminal(["pool", "import"]);
    await given.shows(/press Ctrl-D to end/);
    given.type("\x03");
    expect((await given.done).code).toBe(130);
  });

  it("fits what it prints into 80 columns", async () => {
    const openId = "oABCD0001efghijklmnopqrstuvw";
    const entry = (formId: string, expire: number) => JSON.stringify({ formId, expire });
    const late = Date.now() + 167 * HOUR_MS;
    await world.redis.push(
      openId,
      entry("0123456789abcdef0123456789abcdef", late),
      entry("old", late - 5000 * HOUR_MS),
      Buffer.from("汉".repeat(99)).toString("latin1"),
    );
    const { stdout: shown } = await cli.runInTerminal(["pool", "show", openId]);
    expect(linesOf(shown).filter((line) => displayWidth(line) > COLUMNS)).toEqual([]);
    expect(shown).toContain("0123456789abcdef0123456789abcdef");
    expect(shown).toMatch(/ \(in 6d 2[23]h\) /);
  });

  it("colours errors for people who want colours", async () => {
    const red = "\x1b[31m";
    expect((await cli.runInTerminal(["pol"])).stdout).toContain(red);
    expect((await cli.runInTerminal(["pol", "--no-color"])).stdout).not.toContain(red);
    expect((await cli.runInTerminal(["pol"], { env: { NO_COLOR: "1" } })).stdout).not.toContain(red);
    expect((await cli.runInTerminal(["pol"], { env: { TERM: "dumb" } })).stdout).not.toContain(red);
    expect((await cli.runInTerminal(["pol", "--color", "never"])).stdout).not.toContain(red);
    const forced = { env: { NO_COLOR: "1", TERM: "dumb" } };
    expect((await cli.runInTerminal(["pol", "--color=always"], forced)).stdout).toContain(red);
    expect((await cli.run(["pol"], { env: { CLICOLOR_FORCE: "1" } })).stderr).toContain(red);
  });

  it("asks each stream by itself whether it is a terminal", async () => {
    const red = "\x1b[31m";
    const inShell = async (line: string) =>
      (
        await cli.spawn("script", [
          "-qec",
          `stty cols 80; ${process.execPath} ${cli.program} ${line}`,
          "/dev/null",
        ]).done
      ).stdout;
    expect(await inShell("pol | cat")).toContain(red);
    expect(await inShell("pol 2>&1 | cat")).not.toContain(red);
    expect(await inShell("channels | cat")).toMatch(/^wechat-template\t/m);
    expect(withoutColours(await inShell("channels 2>&1"))).toMatch(/^channel +spends/m);
  });

  it("breaks errors and hints between words", async () => {
    const { stdout } = await cli.runInTerminal(["pool", "list", "--format", "cvs", "--no-color"], {
      columns: 40,
    });
    expect(linesOf(stdout).filter((line) => displayWidth(line) > 40)).toEqual([]);
    expect(stdout.replace(/\r?\n {2}/g, " ")).toContain(
      "error: invalid value 'cvs' for --format\r\nhint: did you mean csv? valid values: table, tsv, csv, json, openid",
    );
  });

  it("prints JSON to a terminal when asked to", async () => {
    await giveUsers(world, 1);
    const { stdout } = await cli.runInTerminal(["pool", "show", "o0000", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ openId: "o0000", valid: 1 });
  });
});

function withoutColours(text: string): string {
  return text.replaceAll("\r", "").replace(/\x1b\[[\d;]*m/g, "");
}

/** What stays on the screen, roughly: the lines as they were printed, without control sequences. */
function linesOf(screen: Finished["stdout"]): string[] {
  return screen
    .replace(/\x1b\[[\d;?]*[A-Za-z]/g, "")
    .split("\n")
    .map((line) => line.replace(/\r$/, "").split("\r").at(-1) ?? "");
}

/** The live line is gone, and the cursor is back. */
function expectEndsTidy(screen: string): void {
  expect(linesOf(screen).slice(-3).join("\n")).not.toMatch(/[⠀-⣿]/);
  expect(screen.lastIndexOf("\x1b[?25h")).toBeGreaterThan(screen.lastIndexOf("\x1b[?25l"));
}
