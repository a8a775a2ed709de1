import type { Argument, Command, Option } from "commander";
import { defaultOf } from "../tree.ts";
import { childOf, descend, findOption, isOption, takerOf } from "../words.ts";

/** Where on a command line the cursor is. */
export interface Place {
  command: Command;
  /** What the word at the cursor is to be. `word`: a command, or an argument. */
  kind: "value" | "option" | "word";
  /** Whose value it is. */
  taker?: Option | undefined;
  /** What stands in the word before what is to be completed: `--channel=`. */
  before: string;
  /** What is there of it. */
  typed: string;
  /** The arguments of the command so far. */
  args: readonly string[];
  /** The options so far, with their last values. */
  given: ReadonlyMap<Option, string>;
  /** Behind `--`. */
  optionsEnded: boolean;
}

/** Goes by the words as commander would. The last one is the one at the cursor, and may be empty. */
export function findPlace(program: Command, words: readonly string[]): Place {
  const typed = words.at(-1) ?? "";
  const walk = walkOver(program, words.slice(0, -1));
  const place = { ...walk, before: "", typed };
  if (walk.taker && !(walk.taker.variadic && isOption(typed))) return { ...place, kind: "value" };
  if (walk.optionsEnded || !typed.startsWith("-")) return { ...place, kind: "word" };
  const flag = /^--[^=]+(?==)/.exec(typed)?.[0];
  if (flag === undefined) return { ...place, kind: "option" };
  const taker = findOption(withDefault(walk.command), flag);
  return { ...place, kind: "value", taker, before: `${flag}=`, typed: typed.slice(flag.length + 1) };
}

/** The command that a noun stands for, or the command itself. */
export function withDefault(command: Command): Command {
  return defaultOf(command) ?? command;
}

/** The argument at the cursor; the last one may be as long as one likes. */
export function argumentAt({ command, args }: Place): Argument | undefined {
  const all = withDefault(command).registeredArguments;
  const last = all.at(-1);
  return all[args.length] ?? (last?.variadic ? last : undefined);
}

type Walk = Pick<Place, "command" | "taker" | "optionsEnded"> & {
  args: string[];
  given: Map<Option, string>;
};

function walkOver(program: Command, words: readonly string[]): Walk {
  const walk: Walk = { command: program, args: [], given: new Map(), taker: undefined, optionsEnded: false };
  for (const word of words) {
    if (walk.taker && !(walk.taker.variadic && isOption(word))) {
      walk.given.set(walk.taker, word);
      if (!walk.taker.variadic) walk.taker = undefined;
    } else if (word === "--" && !walk.optionsEnded) {
      walk.taker = undefined;
      walk.optionsEnded = true;
    } else if (isOption(word) && !walk.optionsEnded) takeOption(walk, word);
    else takeWord(walk, word);
  }
  return walk;
}

function takeOption(walk: Walk, word: string): void {
  walk.command = descend(walk.command, word);
  walk.taker = takerOf(word, walk.command);
  const [flag = "", value = ""] = word.split(/=(.*)/s);
  const option = findOption(walk.command, flag);
  if (option) walk.given.set(option, value);
}

function takeWord(walk: Walk, word: string): void {
  const named = walk.args.length === 0 && !walk.optionsEnded ? childOf(walk.command, word) : undefined;
  if (named) walk.command = named;
  else {
    walk.command = withDefault(walk.command);
    walk.args.push(word);
  }
}
