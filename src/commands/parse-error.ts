import type { Command, CommanderError } from "commander";
import { nearestWord } from "../config/nearest.ts";
import { type PushCliError, usageError } from "../errors.ts";
import { defaultOf, pathOf, usageOf } from "./tree.ts";

/** Why commander could not make sense of the command line, with the likely word or the usage as hint. */
export function explainParseError(error: CommanderError, command: Command): PushCliError {
  const extra = command.args[command.registeredArguments.length];
  const said = error.code === "commander.excessArguments" ? `unexpected argument '${extra}'` : error.message;
  const [message = "", ...rest] = said.replace(/^error: /, "").split("\n");
  const suggestion = /Did you mean (.*)\?/.exec(rest.join(" "))?.[1];
  const tooMuch = /excessArguments|unknownOption/.test(error.code);
  const meant = suggestion ?? (tooMuch ? verbMeantBy(command) : undefined);
  if (meant) return usageError(message, `did you mean ${meant}?`);
  const isWord = /unknownOption|unknownCommand|invalidArgument/.test(error.code);
  const help = `${pathOf(command)} --help shows what there is`;
  return usageError(message, isWord ? help : `usage: ${usageOf(command)}`);
}

/** A mistyped verb of a noun that stands for a command is taken for that command's argument: `broadcast rsume x`. */
function verbMeantBy(command: Command): string | undefined {
  const noun = command.parent;
  if (!noun || defaultOf(noun) !== command) return undefined;
  const verbs = noun.commands.filter((child) => child !== command).map((child) => child.name());
  const verb = nearestWord(command.args[0] ?? "", verbs);
  return verb && `push-cli ${noun.name()} ${verb}`;
}
