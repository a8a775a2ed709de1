import type { Command, CommanderError } from "commander";
import { nearestWord } from "../config/nearest.ts";
import { type PushCliError, usageError } from "../errors.ts";
import { defaultOf, pathOf, usageOf } from "./tree.ts";
import { childOf, lineage } from "./words.ts";

/** Why commander could not make sense of the command line, with the likely word or the usage as hint. */
export function explainParseError(error: CommanderError, command: Command): PushCliError {
  const extra = command.args[command.registeredArguments.length];
  const said = error.code === "commander.excessArguments" ? `unexpected argument '${extra}'` : error.message;
  const [message = "", ...rest] = said.replace(/^error: /, "").split("\n");
  const suggestion = /Did you mean (.*)\?/.exec(rest.join(" "))?.[1];
  const isCommand = error.code === "commander.unknownCommand";
  const tooMuch = /excessArguments|unknownOption/.test(error.code);
  const meant =
    (isCommand ? commandMeantBy(command) : undefined) ??
    suggestion ??
    (tooMuch ? verbMeantBy(command) : undefined);
  if (meant) return usageError(message, `did you mean ${meant}?`);
  const option = /^unknown option '(--[^'=]+)/.exec(message)?.[1];
  const owner = option && ownerAmong(command.args, command, option);
  if (owner) return usageError(message, `options go after their command: ${pathOf(owner)} ${option}`);
  const isWord = /unknownOption|unknownCommand|invalidArgument/.test(error.code);
  return usageError(message, isWord ? `see ${pathOf(command)} --help` : `usage: ${usageOf(command)}`);
}

/** The command below this one that is named later on the command line and has the option: `pool --limit 3 list`. */
function ownerAmong(words: readonly string[], command: Command, option: string): Command | undefined {
  for (const [at, word] of words.entries()) {
    const child = childOf(command, word);
    if (!child) continue;
    const taker = [child, defaultOf(child)].find((one) => one?.options.some(({ long }) => long === option));
    return taker ?? ownerAmong(words.slice(at + 1), child, option);
  }
  return undefined;
}

/** A mistyped verb of a noun that stands for a command is taken for that command's argument: `broadcast rsume x`. */
function verbMeantBy(command: Command): string | undefined {
  const noun = command.parent;
  if (!noun || defaultOf(noun) !== command) return undefined;
  const verbs = noun.commands.filter((child) => child !== command).map((child) => child.name());
  const verb = nearestWord(command.args[0] ?? "", verbs);
  return verb && `push-cli ${noun.name()} ${verb}`;
}

/** What the verbs of ours are called in other tools. */
const OTHER_VERBS: Record<string, readonly string[]> = {
  show: ["get", "describe", "inspect", "view", "info", "status", "print"],
  list: ["all", "find", "search"],
  stats: ["count", "summary", "statistics"],
  import: ["add", "push", "load", "restore", "create"],
  export: ["dump", "backup", "save", "download"],
  remove: ["delete", "del", "drop", "clear"],
  refresh: ["renew", "fetch", "update", "rotate"],
  start: ["run", "serve", "listen"],
  check: ["validate", "verify", "test"],
};

/** The command of that name elsewhere (`pool purge`), the one that other tools call so (`pool get`), or the nearest one. */
function commandMeantBy(command: Command): string | undefined {
  const word = command.args[0] ?? "";
  const program = lineage(command).at(-1) ?? command;
  if (command !== program && childOf(program, word)) return `push-cli ${word}`;
  const verb = Object.keys(OTHER_VERBS).find((one) => OTHER_VERBS[one]?.includes(word));
  if (verb !== undefined && childOf(command, verb)) return `${pathOf(command)} ${verb}`;
  return nearestWord(
    word,
    command.commands.map((child) => child.name()),
  );
}
