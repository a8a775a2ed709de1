import type { Argument, Command, Option } from "commander";
import { describeArgumentOf } from "./command.ts";
import { defaultOf, formsOf } from "./tree.ts";
import { lineage } from "./words.ts";

/** A command with all below it, as the document of `help --json`; a contract. */
export interface CommandDocument {
  name: string;
  /** As it is typed: `push-cli pool show`. */
  path: string;
  usage: string;
  description: string;
  /** What its noun alone stands for. */
  default: boolean;
  arguments: object[];
  /** Its own: those of `push-cli` itself go with every command. */
  options: object[];
  commands: CommandDocument[];
}

export function describeCommand(command: Command): CommandDocument {
  const names = lineage(command).map((one) => one.name());
  return {
    name: command.name(),
    path: names.reverse().join(" "),
    usage: formsOf(command).join("\n"),
    description: command.description(),
    default: command.parent !== null && defaultOf(command.parent) === command,
    arguments: command.registeredArguments.map((argument) => describeArgument(command, argument)),
    options: command.options.filter(({ hidden }) => !hidden).map(describeOption),
    commands: command.commands.map(describeCommand),
  };
}

function describeArgument(command: Command, argument: Argument): object {
  const { required, variadic, argChoices = null } = argument;
  const description = describeArgumentOf(command, argument);
  return { name: argument.name(), description, required, variadic, choices: argChoices };
}

/** `value`: what stands for its value, null where it takes none. `choices`: the usual values, where there are such. */
function describeOption(option: Option): object {
  const { flags, long = null, short = null, description, mandatory, variadic, negate } = option;
  const value = /[<[]([^>\].]+)/.exec(flags)?.[1] ?? null;
  const standard = negate ? null : (option.defaultValue ?? null);
  return {
    ...{ flags, long, short, value, description, required: mandatory, variadic },
    choices: option.argChoices ?? null,
    default: standard,
  };
}
