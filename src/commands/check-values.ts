import type { Command, Option } from "commander";
import { type PushCliError, usageError } from "../errors.ts";
import { shellWord } from "./shell-word.ts";
import { pathOf } from "./tree.ts";
import { descend, isKnown, isOption, takerOf } from "./words.ts";

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

function checkValue(command: Command, option: Option, flag: string, value: string | undefined): void {
  if (value === undefined) {
    throw usageError(`${flag} requires a value`, `usage: ${pathOf(command)} ${option.flags}`);
  }
  if (value === "--") throw swallowed(option, flag, value, "is --, which ends the options");
  if (isOption(value) && isKnown(command, value))
    throw swallowed(option, flag, value, `is the option ${value}`);
  // One that is not known is most likely misspelt.
  if (/^--[a-z]/i.test(value)) throw swallowed(option, flag, value, `looks like an option: ${value}`);
}

function swallowed(option: Option, flag: string, value: string, what: string): PushCliError {
  return usageError(
    `${flag} requires a value, but the next word ${what}`,
    `write ${option.long ?? flag}=${shellWord(value)} to use that text as the value`,
  );
}
