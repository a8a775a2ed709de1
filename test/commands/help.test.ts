import type { Command } from "commander";
import { expect, it } from "vitest";
import type { CommandDocument } from "../../src/commands/help-document.ts";
import { buildProgram } from "../../src/commands/program.ts";
import { runCli } from "../helpers/cli.ts";

const program = await buildProgram("0.0.0", () => async () => undefined);

async function documentOf(...argv: string[]): Promise<CommandDocument> {
  const { code, stderr, json } = await runCli(argv);
  expect([code, stderr]).toEqual([0, ""]);
  return json<CommandDocument>();
}

it("help --json is the whole command tree", async () => {
  const compare = (document: CommandDocument, command: Command, path: string) => {
    expect(document).toMatchObject({ name: command.name(), path, description: command.description() });
    const shown = command.options.filter(({ hidden }) => !hidden);
    expect(document.options).toMatchObject(shown.map(({ flags, long }) => ({ flags, long })));
    expect(document.arguments).toMatchObject(
      command.registeredArguments.map((argument) => ({ name: argument.name(), required: argument.required })),
    );
    expect(document.commands.map(({ name }) => name)).toEqual(command.commands.map((one) => one.name()));
    for (const [i, child] of command.commands.entries())
      compare(document.commands[i] as CommandDocument, child, `${path} ${child.name()}`);
  };
  const document = await documentOf("help", "--json");
  compare(document, program, "push-cli");
  expect(JSON.stringify(document).length).toBeGreaterThan(10_000);
});

it("says of options and arguments what a program has to know", async () => {
  const { options, ...list } = await documentOf("help", "pool", "list", "--json");
  expect(list).toMatchObject({ usage: "push-cli pool list [options]", default: false, commands: [] });
  expect(options).toContainEqual({
    flags: "--sort <order>",
    long: "--sort",
    short: null,
    value: "order",
    description: expect.any(String),
    required: false,
    variadic: false,
    choices: ["scan", "valid", "expiry"],
    default: "scan",
  });
  expect(options).toContainEqual(
    expect.objectContaining({ long: "--unreadable", value: null, default: null }),
  );
  const send = await documentOf("help", "broadcast", "send", "--json");
  expect(send.default).toBe(true);
  expect(send.options).toContainEqual(
    expect.objectContaining({ long: "--to", value: "openId", variadic: true }),
  );
});

it.each([
  [["--help", "--json"], "push-cli"],
  [["--json"], "push-cli"],
  // A value that reads like a command does not cut the rest down.
  [["--profile", "pool", "--json", "-h"], "push-cli"],
  [["--json", "pool"], "push-cli pool"],
  [["pool", "--help", "--json"], "push-cli pool"],
  [["pool", "show", "--json", "--help"], "push-cli pool show"],
  [["broadcast", "resume", "-h", "--json"], "push-cli broadcast resume"],
])("%j is the document of the same command as help", async (argv, path) => {
  const document = await documentOf(...argv);
  expect(document.path).toBe(path);
  expect(document).toEqual(await documentOf("help", ...path.split(" ").slice(1), "--json"));
});

it("takes fields and jq like any document", async () => {
  expect(await documentOf("pool", "--help", "--json=name,commands.name")).toMatchObject({
    name: "pool",
    commands: expect.arrayContaining([{ name: "show" }]),
  });
  const { stdout } = await runCli(["--help", "--jq", '.commands[] | select(.name == "purge").path']);
  expect(stdout).toBe("push-cli purge\n");
});

it("refuses in JSON what there is no help for", async () => {
  const { code, stdout, stderr } = await runCli(["help", "puol", "--json"]);
  expect([code, stdout]).toEqual([2, ""]);
  expect(JSON.parse(stderr).error).toMatchObject({ code: "usage", hint: "did you mean pool?" });
});
