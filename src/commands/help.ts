import type { Command } from "commander";
import { nearestWord } from "../config/nearest.ts";
import { type PushCliError, usageError } from "../errors.ts";
import { EXIT_CODES, type ExitName } from "../exit-codes.ts";
import type { Deps, RunAction } from "./deps.ts";

export function registerHelp(program: Command, run: RunAction): void {
  program
    .command("help [topic...]")
    .description("help for a command, or for a topic: exit-codes")
    .addHelpText("after", "\nExamples:\n  $ push-cli help broadcast\n  $ push-cli help exit-codes")
    .action(run((deps, _options, topic: string[]) => help(deps, program, topic)));
}

const EXIT_CODES_TOPIC = "exit-codes";

async function help(deps: Deps, program: Command, topic: string[]): Promise<ExitName> {
  if (topic.join(" ") === EXIT_CODES_TOPIC) {
    await showExitCodes(deps);
    return "done";
  }
  findCommand(program, topic).outputHelp();
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

async function showExitCodes({ out }: Deps): Promise<void> {
  const codes = Object.entries(EXIT_CODES);
  if (out.format === "json") {
    out.json(codes.map(([name, { code, meaning }]) => ({ code, name, meaning })));
    return;
  }
  const columns = [{ title: "code", align: "right" as const }, { title: "meaning" }];
  await out.table(
    columns,
    codes.map(([, { code, meaning }]) => [code, meaning]),
  );
}
