import { openInput } from "../config/input-file.ts";
import { readRecords } from "../config/records.ts";
import { PushCliError, usageError } from "../errors.ts";
import { quoteValue } from "../pool/quote-value.ts";
import type { Deps } from "./deps.ts";

/** What stands for the list on stdin. */
const STDIN = "-";

/** Whether a list of openIds comes, at least in part, on stdin, where nothing else can be asked then. */
export function takesStdin(words: readonly string[]): boolean {
  return split(words).includes(STDIN);
}

function split(words: readonly string[]): string[] {
  return words.flatMap((text) => text.split(","));
}

export interface OpenIdWords {
  /** The option that the words belong to; none for a command's own arguments. */
  option?: string;
  /** What a bad line has kept from happening: "nothing was sent". */
  undone?: string;
}

/**
 * The openIds that an operator has listed, each once: one by one, with commas between, as keys of pools or ledgers copied
 * from elsewhere, or `-` for a list on stdin. Rejects with a usage error for what is none.
 */
export async function listOpenIds(
  deps: Deps,
  words: readonly string[],
  { option, undone }: OpenIdWords = {},
): Promise<string[]> {
  const { toOpenId } = await deps.stores();
  const openIds = new Set<string>();
  for (const word of new Set(split(words))) {
    if (word === STDIN) {
      for (const openId of await readOpenIds(deps, STDIN, undone)) openIds.add(openId);
      continue;
    }
    // `--to --yes`: the option took the next one for its value.
    const openId = option !== undefined && word.startsWith("--") ? undefined : toOpenId(word);
    if (openId === undefined) {
      const what = `${option === undefined ? "" : `${option} `}'${word}' is not an openId`;
      throw usageError(what, "no spaces, no braces, up to 128 characters");
    }
    openIds.add(openId);
  }
  return [...openIds];
}

/**
 * The openIds in a file or on stdin ("-"), each once. All of it before anything is done: a bad line in the middle must not
 * be found out halfway. Rejects when there are none.
 */
export async function readOpenIds(deps: Deps, path: string, undone?: string): Promise<Set<string>> {
  const { toOpenId } = await deps.stores();
  const input = openInput(path, deps.io);
  if (path === STDIN && deps.io.stdin.isTTY) deps.out.talk("reading openIds from the terminal; Ctrl-D ends");
  const name = path === STDIN ? "stdin" : path;
  const mend = `${undone === undefined ? "" : `${undone}; `}mend the line and run again`;
  const openIds = new Set<string>();
  for await (const { line, fields, error } of readRecords(input, ["openId"])) {
    const text = fields.openId;
    const openId = typeof text === "string" ? toOpenId(text) : undefined;
    const why = error ?? (openId === undefined ? `${quoteValue(text)} is not an openId` : undefined);
    if (why !== undefined) throw usageError(`${name}, line ${line}: ${why}`, mend);
    openIds.add(openId!);
  }
  if (openIds.size > 0) return openIds;
  throw new PushCliError("nothing", `there is no openId in ${name}`, {
    hint: "one openId a line, or CSV, NDJSON or rows of pool list with an openId column",
  });
}
