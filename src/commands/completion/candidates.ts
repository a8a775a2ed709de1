import type { Command, Option } from "commander";
import { TOPICS } from "../../help/topics.ts";
import { fieldsOf } from "../documents.ts";
import { isList } from "../suggest.ts";
import { lineage } from "../words.ts";
import { argumentAt, type Place, withDefault } from "./place.ts";

export interface Candidate {
  value: string;
  description?: string | undefined;
}

/** What the word at the cursor may be. `files`: the shell knows them; `source`: to be looked up. */
export interface Offer {
  candidates: Candidate[];
  files?: boolean;
  source?: Source;
  /** More may follow in the same word. */
  noSpace?: boolean;
}

/** What is not known before somebody asks. */
export type Source = "profiles" | "channels" | "templates" | "broadcasts" | "errcodes";

/** Options by their flag, arguments by their noun and name. All else is in commander's own tree. */
export const SOURCES: Record<string, Source> = {
  "--profile": "profiles",
  "--channel": "channels",
  "--template": "templates",
  "--exclude-broadcast": "broadcasts",
  "--not-in": "broadcasts",
  "--errcode": "errcodes",
  "broadcast <templateId>": "templates",
  "broadcast <id>": "broadcasts",
  "template <id>": "templates",
};

/** All that is known without a look at files and Redis. */
export function offerAt(place: Place, program: Command): Offer {
  if (place.kind === "option") return { candidates: optionsAt(place) };
  if (place.kind === "value") return place.taker ? offerValues(place, place.taker) : { candidates: [] };
  const { command, args, optionsEnded } = place;
  if (command.name() === "help" && command.parent === program) return { candidates: topicsAt(program, args) };
  const verbs = args.length === 0 && !optionsEnded ? childrenOf(command) : [];
  const argument = argumentAt(place);
  if (!argument) return { candidates: verbs };
  const noun = lineage(command).at(-2)?.name();
  return {
    candidates: [...verbs, ...toCandidates(argument.argChoices)],
    ...placeholder(argument.name(), `${noun} <${argument.name()}>`),
  };
}

function offerValues({ command, typed }: Place, option: Option): Offer {
  if (option.long === "--json") {
    const fields = Object.keys(fieldsOf(withDefault(command)) ?? {});
    return { candidates: listed(typed, toCandidates(fields)), noSpace: true };
  }
  const [, placeholderName = ""] = /[<[]([\w-]+)/.exec(option.flags) ?? [];
  const candidates = toCandidates(option.argChoices);
  if (!isList(option)) return { candidates, ...placeholder(placeholderName, option.long ?? "") };
  return { candidates: listed(typed, candidates), noSpace: true };
}

/** The next value of a list: those before it stay, and none comes twice. */
export function listed(typed: string, candidates: readonly Candidate[]): Candidate[] {
  const before = typed.slice(0, typed.lastIndexOf(",") + 1);
  const taken = before.split(",");
  return candidates
    .filter(({ value }) => !taken.includes(value))
    .map((candidate) => ({ ...candidate, value: before + candidate.value }));
}

function placeholder(name: string, key: string): Pick<Offer, "files" | "source"> {
  const source = SOURCES[key];
  return { ...(name === "file" && { files: true }), ...(source && { source }) };
}

function toCandidates(values: readonly string[] = []): Candidate[] {
  return values.map((value) => ({ value }));
}

function childrenOf(command: Command): Candidate[] {
  const shown = command.createHelp().visibleCommands(command);
  return shown.map((child) => ({ value: child.name(), description: child.description() }));
}

/** Each option once, unless it may be repeated; those of the command before those of all commands. */
function optionsAt({ command, given }: Place): Candidate[] {
  const options = lineage(withDefault(command)).flatMap((one) =>
    one.options.filter(
      (option) =>
        !option.hidden &&
        (option.variadic || !given.has(option)) &&
        // It is for a command line of its own.
        (option.long !== "--version" || one === command),
    ),
  );
  const named = options.map(({ long, short, description }) => ({ value: long ?? short ?? "", description }));
  return [...named, { value: "--help", description: "Print help" }];
}

function topicsAt(program: Command, path: readonly string[]): Candidate[] {
  let command: Command | undefined = program;
  for (const name of path) command = command?.commands.find((child) => child.name() === name);
  if (!command) return [];
  if (path.length > 0) return childrenOf(command);
  const pages = TOPICS.map(({ name, summary }) => ({ value: name, description: summary }));
  // A page goes before the help of a command of its name.
  const others = childrenOf(command).filter(({ value }) => !TOPICS.some(({ name }) => name === value));
  return [...others, ...pages];
}
