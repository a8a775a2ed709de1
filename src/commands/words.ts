import type { Command, Option } from "commander";
import { defaultOf } from "./tree.ts";

/** Every command has it, without listing it among its options. */
const HELP = ["-h", "--help"];

/** `-` is stdin. */
export function isOption(word: string): boolean {
  return word.length > 1 && word.startsWith("-");
}

/** The command that `word` names below `command`. */
export function childOf(command: Command, word: string): Command | undefined {
  return command.commands.find((child) => child.name() === word || child.aliases().includes(word));
}

/** Which command `word` belongs to: as commander does, the default one from the first word on that names none. */
export function descend(command: Command, word: string): Command {
  const named = childOf(command, word);
  if (named) return named;
  return isOption(word) && isKnown(command, word) ? command : (defaultOf(command) ?? command);
}

/** The command and those above it, whose options it takes, too. */
export function lineage(command: Command): Command[] {
  return command.parent ? [command, ...lineage(command.parent)] : [command];
}

/** The option of that flag that a command takes. */
export function findOption(command: Command, flag: string): Option | undefined {
  return lineage(command)
    .flatMap(({ options }) => options)
    .find(({ short, long }) => short === flag || long === flag);
}

/** The option whose value the next word is: `--limit`, `-n`, and `-qn`, but not `--limit=1` or `-n1`. */
export function takerOf(word: string, command: Command): Option | undefined {
  const whole = findOption(command, word);
  if (whole || word.startsWith("--")) return whole?.required ? whole : undefined;
  const letters = [...word.slice(1)];
  const taking = letters.findIndex((letter) => findOption(command, `-${letter}`)?.required);
  return taking === letters.length - 1 ? findOption(command, `-${letters[taking]}`) : undefined;
}

/** By its first letter, also `-yes`: the program would take it apart into -y and -e and -s. */
export function isKnown(command: Command, word: string): boolean {
  const flag = word.startsWith("--") ? word.replace(/=.*/s, "") : word.slice(0, 2);
  return HELP.includes(flag) || findOption(command, flag) !== undefined;
}
