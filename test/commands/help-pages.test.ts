import { expect, it } from "vitest";
import { main } from "../../src/main.ts";
import { displayWidth } from "../../src/output/width.ts";
import { runCli } from "../helpers/cli.ts";
import { fakeIo } from "../output/fake-io.ts";
import { runOnScreen } from "./world.ts";

it("shows a page rendered in a pipe, in 80 columns and without colours", async () => {
  const { code, stdout, stderr } = await runCli(["help", "guarantees"]);
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(/^(\S.*)\n=+\n\n/);
  expect(stdout).not.toMatch(/\x1b|\]\(/);
  const prose = stdout.split("\n").filter((line) => !line.startsWith("    "));
  expect(prose.filter((line) => displayWidth(line) > 80)).toEqual([]);
  expect(stdout).toContain("push-cli help redis");
});

it("gives the Markdown with --json, and with --jq", async () => {
  const page = (await runCli(["help", "guarantees", "--json"])).json<Record<string, string>>();
  expect(Object.keys(page)).toEqual(["topic", "title", "markdown"]);
  expect(page.topic).toBe("guarantees");
  expect(page.markdown).toContain(`# ${page.title}\n`);
  const { stdout } = await runCli(["help", "guarantees", "--jq", ".markdown"]);
  expect(stdout).toBe(`${page.markdown}\n`);
});

async function onTerminal(argv: string[], env: Record<string, string> = {}) {
  const paged: string[] = [];
  const io = fakeIo({ terminals: ["stdout", "stderr"], columns: 72, env, pager: (text) => paged.push(text) });
  const code = await main(argv, io);
  return { code, paged, stdout: io.stdout.text(), stderr: io.stderr.text() };
}

it("pages what a terminal shows, in its width and with bold headings", async () => {
  const { code, paged, stdout } = await onTerminal(["help", "guarantees"]);
  expect([code, stdout, paged.length]).toEqual([0, "", 1]);
  expect(paged[0]).toMatch(/^\x1b\[1m\S.*\x1b\[22m\n\n/);
  const prose = (paged[0] ?? "").split("\n").filter((line) => !line.startsWith("    "));
  expect(prose.filter((line) => displayWidth(line) > 72)).toEqual([]);
});

it("prints the page where there is no pager, or none is wanted", async () => {
  const none = await runOnScreen(["help", "guarantees"]);
  expect(none.stdout).toMatch(/^\S.*\n=+\n/);
  const refused = await onTerminal(["help", "guarantees", "--no-pager"]);
  expect(refused.paged).toEqual([]);
  expect(refused.stdout).toMatch(/^\x1b\[1m/);
});

it("lists the pages below the commands, and offers the nearest of a mistyped name", async () => {
  const { stdout } = await runCli(["--help"]);
  expect(stdout).toMatch(/^ {2}guarantees +\S/m);
  const { code, stderr } = await runCli(["help", "guarantee"]);
  expect(code).toBe(2);
  expect(stderr).toContain("did you mean guarantees?");
});

it("knows aliases, and says which of several words is wrong", async () => {
  expect((await runCli(["help", "pool", "ls"])).stdout).toMatch(/^Usage: push-cli pool list/);
  const { code, stderr } = await runCli(["help", "pol", "list"]);
  expect(code).toBe(2);
  expect(stderr).toContain("did you mean pool?");
});

it.each(["constructor", "toString"])("%s is no command, whatever objects have by that name", async (word) => {
  const { code, stdout } = await runCli([word]);
  expect([code, stdout]).toEqual([2, ""]);
});

it("shows the page of a command's name, and of --help its options", async () => {
  const page = await runCli(["help", "broadcast"]);
  expect(page.stdout).toMatch(/^\S.*\n=+\n/);
  expect((await runCli(["broadcast", "--help"])).stdout).toMatch(/^Usage: /);
  expect((await runCli(["help", "broadcast", "send"])).stdout).toMatch(/^Usage: /);
});

it("says of a page in another language that it is not translated, and shows the English one", async () => {
  const { code, stdout, stderr } = await runCli(["help", "exit-codes", "--lang", "xx"]);
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toContain("--lang takes en or zh-CN");
  const untold = await runCli(["help", "development"], { env: { LANG: "zh_CN.UTF-8" } });
  const told = await runCli(["help", "development", "--lang", "zh_CN"]);
  expect([untold.stderr, told.stdout]).toEqual(["", untold.stdout]);
  expect(told.stderr).toContain("'development' is not available in zh-CN; showing English");
});
