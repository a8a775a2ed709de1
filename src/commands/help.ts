import type { Command } from "commander";
import { nearestWord } from "../config/nearest.ts";
import { type PushCliError, usageError } from "../errors.ts";
import { EXIT_CODES, type ExitName } from "../exit-codes.ts";
import type { Deps, RunAction } from "./deps.ts";

const HELP_EXAMPLES = `
Examples:
  $ push-cli help broadcast
  $ push-cli help exit-codes
  # all commands with their options, for programs
  $ push-cli help --json`;

/** `whole`: the program with all that its commands have, which `program` has of those alone that the command line names. */
export function registerHelp(program: Command, run: RunAction, whole: () => Promise<Command>): void {
  program
    .command("help [topic...]")
    .description("help for a command, or for a topic: exit-codes")
    .addHelpText("after", HELP_EXAMPLES)
    .action(
      run((deps, _options, topic: string[]) => {
        if (topic.join(" ") === EXIT_CODES_TOPIC) return showExitCodes(deps);
        return help(deps, findCommand(program, topic), whole);
      }),
    );
}

/** The command that help is asked of, whoever is asked: its document has fields of its own. */
export function findHelp(program: Command): Command | undefined {
  return program.commands.find((command) => command.name() === "help");
}

const EXIT_CODES_TOPIC = "exit-codes";

/** Help for people, or with --json a document of the command and all below it. */
export async function help(
  { out }: Deps,
  command: Command,
  whole: () => Promise<Command>,
): Promise<ExitName> {
  if (out.format !== "json") command.outputHelp();
  else {
    const { describeCommand } = await import("./help-document.ts");
    out.json(describeCommand(command.parent ? command : await whole()));
  }
  return "done";
}

function findCommand(program: Command, topic: string[]): Command {
  let found = program;
  for (const name of topic) {
    const next = found.commands.find((command) => command.name() === name);
    if (!next)
      throw unknownTopic(topic, [...found.commands.map((command) => command.name()), EXIT_CODES_TOPIC]);
    found = next;
  }
  return found;
}

function unknownTopic(topic: string[], names: string[]): PushCliError {
  const meant = nearestWord(topic.at(-1) ?? "", names);
  const hint = meant ? `did you mean ${meant}?` : "push-cli --help lists the commands";
  return usageError(`there is no help for '${topic.join(" ")}'`, hint);
}

async function showExitCodes({ out }: Deps): Promise<ExitName> {
  const codes = Object.entries(EXIT_CODES);
  if (out.format === "json") {
    out.json(codes.map(([name, { code, meaning }]) => ({ code, name, meaning })));
    return "done";
  }
  const columns = [{ title: "code", align: "right" as const }, { title: "meaning" }];
  await out.table(
    columns,
    codes.map(([, { code, meaning }]) => [code, meaning]),
  );
  return "done";
}
