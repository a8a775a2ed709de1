import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { TOPICS } from "../../src/help/topics.ts";
import { NO_TERMINAL, useBuiltCli } from "./built-cli.ts";

const cli = useBuiltCli();
const WORDS = ["help", "guarantees"];
const title = NO_TERMINAL ? ` (skipped: ${NO_TERMINAL})` : "";

it("the built program has the pages with it", async () => {
  const pages = readdirSync(join(dirname(cli.program), "help"));
  const missing = TOPICS.map(({ name }) => `${name}.md`).filter((file) => !pages.includes(file));
  expect(missing).toEqual([]);
  const { code, stdout } = await cli.run(WORDS);
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^Guarantees.*\n=+\n/)]);
});

describe.skipIf(NO_TERMINAL)(`a page on a terminal${title}`, () => {
  it("goes through the pager that PAGER names", async () => {
    const { code, stdout } = await cli.runInTerminal(WORDS, { env: { PAGER: "sed 's/^/paged: /'" } });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^paged: .*Guarantees/);
    expect(stdout).toContain("paged: ");
  });

  it.each([
    ["is cat", { PAGER: "cat" }],
    ["is not there", { PAGER: "no-such-pager --option" }],
    ["would be of no use", { TERM: "dumb" }],
  ])("is printed where the pager %s", async (_, env) => {
    const { code, stdout } = await cli.runInTerminal(WORDS, { env });
    expect(code).toBe(0);
    expect(stdout).toMatch(/Guarantees/);
    expect(stdout).toContain("push-cli help redis");
  });

  it("ends well when the reader leaves before the end", async () => {
    const { code, stdout } = await cli.runInTerminal(WORDS, { env: { PAGER: "head -n 1" } });
    expect(code).toBe(0);
    expect(stdout.trim().split("\n").length).toBe(1);
  });

  it("leaves Ctrl-C to the pager", async () => {
    // Says when it is ready, then ends by itself: without push-cli in its way. Ctrl-C may come while it reads, which then ends
    // with nothing read.
    const read = `until [ -n "$line" ]; do read -r line </dev/tty; done`;
    const PAGER = `trap 'echo interrupted' INT; echo ready; cat >/dev/null; ${read}; echo "got $line"`;
    // No shell around it: that one would end by Ctrl-C, too.
    const line = `exec '${process.execPath}' '${cli.program}' ${WORDS.join(" ")}`;
    const run = cli.spawn("script", ["-qec", line, "/dev/null"], { env: { PAGER } });
    await run.shows(/ready/);
    run.type("\x03");
    await run.shows(/interrupted/);
    run.type("on\n");
    expect(await run.done).toMatchObject({ code: 0, stdout: expect.stringContaining("got on") });
  });
});
