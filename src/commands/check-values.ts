import type { Command, Option } from "commander";
import { type PushCliError, usageError } from "../errors.ts";
import { defaultOf, pathOf } from "./tree.ts";

/** Every command has it, without listing it among its options. */
const HELP = ["-h", "--help"];

/**
 * Throws a usage error when an option that takes a value is followed by what is spelt like an option. Commander would
 * take it for the value: `--keywords $KW --dry-run` with an empty variable is then no dry run, and the message reads
 * "--dry-run". Goes by the raw words, because options of the program (`--json`) are taken out of the line first, and what
 * follows them would become the value. `--keywords=--dry-run` says that it is meant.
 */
export function checkOptionValues(program: Command, argv: readonly string[]): void {
  let command = program;
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? "";
    if (word === "--") return;
    const flag = isOption(word) ? word : undefined;
    command = descend(command, word);
    const option = flag === undefined ? undefined : takerOf(flag, command);
    if (!option) continue;
    at++;
    checkValue(command, option, word, argv[at]);
    if (option.variadic) while (at + 1 < argv.length && !isOption(argv[at + 1] ?? "")) at++;
  }
}

/** `-` is stdin. */
function isOption(word: string): boolean {
  return word.length > 1 && word.startsWith("-");
}

/** Which command `word` belongs to: as commander does, the default one from the first word on that names none. */
function descend(command: Command, word: string): Command {
  const named = command.commands.find((child) => child.name() === word || child.aliases().includes(word));
  if (named) return named;
  return isOption(word) && isKnown(command, word) ? command : (defaultOf(command) ?? command);
}

/** The command and those above it, whose options it takes, too. */
function lineage(command: Command): Command[] {
  return command.parent ? [command, ...lineage(command.parent)] : [command];
}

/** The option whose value the next word is: `--limit`, `-n`, and `-qn`, but not `--limit=1` or `-n1`. */
function takerOf(word: string, command: Command): Option | undefined {
  const commands = lineage(command);
  const find = (flag: string) => commands.map((one) => findOption(one, flag)).find((option) => option);
  const whole = find(word);
  if (whole || word.startsWith("--")) return whole?.required ? whole : undefined;
  const letters = [...word.slice(1)];
  const taking = letters.findIndex((letter) => find(`-${letter}`)?.required);
  return taking === letters.length - 1 ? find(`-${letters[taking]}`) : undefined;
}

function findOption(command: Command, flag: string): Option | undefined {
  return command.options.find(({ short, long }) => short === flag || long === flag);
}

function checkValue(command: Command, option: Option, flag: string, value: string | undefined): void {
  if (value === undefined) {
    throw usageError(`${flag} takes a value, and none follows`, `usage: ${pathOf(command)} ${option.flags}`);
  }
  if (value === "--") throw swallowed(option, flag, value, "is --, which ends the options");
  if (isOption(value) && isKnown(command, value))
    throw swallowed(option, flag, value, `is the option ${value}`);
  // One that is not known is most likely misspelt.
  if (/^--[a-z]/i.test(value)) throw swallowed(option, flag, value, `reads like an option: ${value}`);
}

/** By its first letter, also `-yes`: the program would take it apart into -y and -e and -s. */
function isKnown(command: Command, word: string): boolean {
  const flag = word.startsWith("--") ? word.replace(/=.*/s, "") : word.slice(0, 2);
  return HELP.includes(flag) || lineage(command).some((one) => findOption(one, flag) !== undefined);
}

function swallowed(option: Option, flag: string, value: string, what: string): PushCliError {
  const quoted = /^[\w@%+=:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
  return usageError(
    `${flag} takes a value, and the next word ${what}`,
    `write ${option.long ?? flag}=${quoted} if you mean that text`,
  );
}
