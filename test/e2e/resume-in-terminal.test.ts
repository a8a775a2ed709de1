import { beforeEach, describe, expect, it } from "vitest";
import { NO_TERMINAL, useBuiltCli } from "./built-cli.ts";
import { giveUsers, TEMPLATE, useWorld } from "./world.ts";

const cli = useBuiltCli();
const world = useWorld(cli);
const USERS = 12;
const title = NO_TERMINAL ? ` (skipped: ${NO_TERMINAL})` : "";

/** Two that stopped before the first message. */
beforeEach(async () => {
  await giveUsers(world, USERS);
  world.sandbox.setFaults([{ kind: "withdrawn", percent: 100 }]);
  for (const id of ["b-1", "b-2"]) {
    const { code } = await cli.run(["broadcast", TEMPLATE, "--keywords", "a", "--id", id, "--yes"]);
    expect(code).toBe(9);
  }
  world.sandbox.setFaults([]);
});

describe.skipIf(NO_TERMINAL)(`broadcast resume of the built command in a terminal${title}`, () => {
  it("takes a number, then a y", async () => {
    const run = cli.startInTerminal(["broadcast", "resume"]);
    await run.shows(/^1 {2}b-2 .*\r?\n2 {2}b-1 .*\r?\nWhich one\? \[1-2\] $/m);
    run.type("2\n");
    await run.shows(/Resume b-1 for up to 12 users\? \[y\/N\] $/);
    expect(world.sandbox.stats().delivered).toBe(0);
    run.type("y\n");
    const { code, stdout } = await run.done;
    expect(code).toBe(0);
    expect(stdout).toContain("broadcast b-1: finished");
    expect(world.sandbox.stats()).toMatchObject({ delivered: USERS, maxPerUser: 1 });
  });

  it("takes the id where another API is given on purpose", async () => {
    // The same sandbox by another name.
    const other = world.sandbox.url.replace("127.0.0.1", "localhost");
    const run = cli.startInTerminal(["broadcast", "resume", "b-1", "--api-base", other]);
    await run.shows(/Type b-1 to confirm: $/);
    run.type("b-1\n");
    expect(await run.done).toMatchObject({ code: 0 });
    expect(world.sandbox.stats().delivered).toBe(USERS);
  });

  it.each([
    ["Ctrl-C at the choice", "\x03", undefined, 130],
    ["the end of the input at the choice", "\x04", undefined, 11],
    ["Ctrl-C at the question", "1\n", "\x03", 130],
    ["the end of the input at the question", "1\n", "\x04", 11],
    ["a number above --confirm-above that is not typed", "1\n", "y\n", 11],
  ])("does nothing after %s", async (_, choice, answer, code) => {
    const run = cli.startInTerminal(["broadcast", "resume", "--confirm-above", "2"]);
    await run.shows(/Which one\? \[1-2\] $/);
    run.type(choice);
    if (answer !== undefined) {
      await run.shows(/Type the number to confirm: $/);
      run.type(answer);
    }
    expect((await run.done).code).toBe(code);
    expect(world.sandbox.stats().delivered).toBe(0);
  });
});
