import type { Command } from "commander";
import { expect, it } from "vitest";
import type { RunAction } from "../../src/commands/deps.ts";
import { buildProgram } from "../../src/commands/program.ts";
import { TOPICS } from "../../src/help/topics.ts";
import { runOnScreen } from "../commands/world.ts";
import { runCli } from "../helpers/cli.ts";
import { expectGolden } from "./golden.ts";

const neverRun: RunAction = () => () => Promise.reject(new Error("only looked at"));
const program = await buildProgram("0.0.0", neverRun);

function descendants(command: Command): Command[] {
  return [command, ...command.commands.flatMap(descendants)];
}

function pathOf(command: Command): string {
  return command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();
}

/** A command with its arguments, then its options with their defaults, one a line. */
function describeCommand(command: Command): string[] {
  const args = command.registeredArguments.map((argument) => {
    const name = `${argument.name()}${argument.variadic ? "..." : ""}`;
    return argument.required ? `<${name}>` : `[${name}]`;
  });
  const options = command.options.map(({ flags, defaultValue, negate, argChoices }) => {
    const standard = defaultValue === undefined || negate ? "" : ` = ${defaultValue}`;
    return `  ${flags}${standard}${argChoices ? ` (${argChoices.join("|")})` : ""}`;
  });
  return [[pathOf(command), ...args].join(" "), ...options];
}

it("the command tree is the one that scripts and the README rely on", () => {
  expectGolden("commands.txt", `${descendants(program).flatMap(describeCommand).join("\n")}\n`);
});

it("the exit codes are the ones that scripts rely on", async () => {
  expectGolden("exit-codes.txt", (await runCli(["help", "exit-codes"])).stdout);
});

it("every command and option says what it is for", () => {
  for (const command of descendants(program)) {
    expect(command.description(), pathOf(command)).not.toBe("");
    for (const option of command.options)
      expect(option.description, `${pathOf(command)} ${option.flags}`).not.toBe("");
  }
});

it.each(descendants(program).map((command) => [pathOf(command).split(" ").slice(1)]))(
  "help of %j fits into 80 columns and says the same by help and --help",
  async (path) => {
    const asked = await runOnScreen([...path, "--help"]);
    expect([asked.code, asked.stderr]).toEqual([0, ""]);
    expect(asked.stdout).toMatch(/^Usage: push-cli /);
    expect(asked.stdout).toMatch(/\nExamples?:\n {2}/);
    expect(asked.stdout.split("\n").filter((line) => line.length > 80)).toEqual([]);
    // Of a page of the manual that has the command's name, help shows that.
    if (path.length === 1 && TOPICS.some(({ name }) => name === path[0])) return;
    expect((await runOnScreen(["help", ...path])).stdout).toBe(asked.stdout);
  },
);

it("the exit codes fit into 80 columns, in full", async () => {
  const { stdout } = await runOnScreen(["help", "exit-codes"]);
  expect(stdout).not.toContain("…");
  expect(stdout.split("\n").filter((line) => line.length > 80)).toEqual([]);
  const json = (await runCli(["help", "exit-codes", "--json"])).json<{ code: number; meaning: string }[]>();
  for (const { code, meaning } of json) expect(stdout).toContain(`${code}  ${meaning}\n`);
});

it.each([[[]], [["pool"]], [["token"]]])("%j without a verb is answered with its help", async (argv) => {
  const { code, stdout, stderr } = await runCli(argv);
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toBe((await runCli([...argv, "--help"])).stdout);
});

it("the help has its examples before its options, and says what arguments are", async () => {
  for (const command of descendants(program)) {
    const { stdout } = await runOnScreen([...pathOf(command).split(" ").slice(1), "--help"]);
    expect(stdout.search(/^Examples?:$/m), pathOf(command)).toBeLessThan(stdout.search(/^Options:$/m));
    for (const argument of command.registeredArguments)
      expect(stdout, pathOf(command)).toMatch(new RegExp(`^ {2}${argument.name()} {2,}\\S`, "m"));
  }
});

it("help of a command names the options that every command takes", async () => {
  const { stdout } = await runCli(["pool", "list", "--help"]);
  for (const name of ["--json", "--redis-url", "--profile", "--config"]) expect(stdout).toContain(name);
});
