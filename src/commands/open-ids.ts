import type { Option } from "commander";
import { PushCliError, usageError } from "../errors.ts";
import { openInput } from "../files/input-file.ts";
import { readRecords } from "../files/records.ts";
import { formatCount, formatCounted } from "../output/format.ts";
import { quoteValue } from "../pool/quote-value.ts";
import type { Deps } from "./deps.ts";
import { suggestingOption } from "./suggest.ts";

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
  undone?: string | undefined;
  /** What names a user, where that is not a pool of codes. */
  toOpenId?: ((text: string) => string | undefined) | undefined;
}

/** Of those that Node reads, the ones that files for a mini program may well have. */
const USUAL_ENCODINGS = ["utf-8", "utf-16le", "utf-16be", "gb18030", "big5"];

export function encodingOption(): Option {
  const what = "Encoding of the file, for example gb18030 (default: UTF-8 or UTF-16)";
  return suggestingOption("--encoding <name>", what, USUAL_ENCODINGS);
}

/**
 * The openIds that an operator has listed, each once: one by one, with commas between, as keys of pools or ledgers copied
 * from elsewhere, or `-` for a list on stdin. Rejects with a usage error for what is none.
 */
export async function listOpenIds(
  deps: Deps,
  words: readonly string[],
  { option, undone, toOpenId }: OpenIdWords = {},
): Promise<string[]> {
  const isAudience = option !== undefined;
  const read = toOpenId ?? (await deps.stores()).toOpenId;
  const doubt = await doubtShape(deps);
  const openIds = new Set<string>();
  for (const word of new Set(split(words))) {
    if (word === STDIN) {
      for (const openId of await readStdin(deps, { undone, isAudience, toOpenId: read })) openIds.add(openId);
      continue;
    }
    // `--to --yes`: the option took the next one for its value.
    const openId = option !== undefined && word.startsWith("--") ? undefined : read(word);
    if (openId === undefined) {
      const what = `${option === undefined ? "" : `${option} `}'${word}' is not an openId`;
      throw usageError(what, "an openId has no spaces or braces, and at most 128 characters");
    }
    doubt.see(openId, "");
    openIds.add(openId);
  }
  if (isAudience) doubt.warn();
  return [...openIds];
}

interface ReadOptions {
  undone: string | undefined;
  /** They are going to be messaged: openIds that don't look like the platform's are warned of. */
  isAudience: boolean;
  toOpenId(text: string): string | undefined;
}

/**
 * The openIds on stdin, each once. All of it before anything is done: a bad line in the middle must not be found out halfway.
 * Rejects when there are none.
 */
async function readStdin(deps: Deps, { undone, isAudience, toOpenId }: ReadOptions): Promise<Set<string>> {
  const doubt = await doubtShape(deps);
  const input = openInput(STDIN, deps.io);
  if (deps.io.stdin.isTTY) deps.out.talk("reading openIds from the terminal; press Ctrl-D to end");
  const mend = `${undone === undefined ? "" : `${undone}; `}fix the line and run again`;
  const openIds = new Set<string>();
  for await (const { line, fields, error } of readRecords(input, { headless: ["openId"] })) {
    const openId = toListed(fields.openId, toOpenId);
    const why = error ?? (openId === undefined ? notListed(fields.openId) : undefined);
    if (why !== undefined) throw usageError(`stdin, line ${line}: ${why}`, mend);
    doubt.see(openId!, `line ${line}: `);
    openIds.add(openId!);
  }
  if (isAudience) doubt.warn();
  if (openIds.size > 0) return openIds;
  throw new PushCliError("nothing", "no openId in stdin", {
    hint: "give one openId per line, or CSV, NDJSON or pool list output with an openId column",
  });
}

/** Why a cell is no openId of a list. */
export function notListed(value: unknown): string {
  const isEmpty = value === undefined || value === "";
  return isEmpty ? "no openId" : `${quoteValue(value)} is not an openId`;
}

/** What separates cells in some file or other has not been taken for that in this one. */
const DELIMITER = /[,;|"\t]/;

/** The openId that a cell of a list names. */
export function toListed(cell: unknown, toOpenId: (text: string) => string | undefined): string | undefined {
  return typeof cell === "string" && !DELIMITER.test(cell) ? toOpenId(cell) : undefined;
}

/** Counts openIds that don't look like those of the platform, where it is known what they look like, to warn of them. */
export async function doubtShape(deps: Deps) {
  const { apiBase } = await deps.settings();
  const shape = (await deps.channel()).openIdShape(apiBase);
  let all = 0;
  let odd = 0;
  let example = "";
  return {
    see(openId: string, place: string): void {
      all++;
      if (!shape || shape.fits(openId)) return;
      if (odd++ === 0) example = `${place}'${openId}'`;
    },
    warn(): void {
      if (!shape || odd === 0) return;
      const { platform, form } = shape;
      const share = odd === all ? "" : `${formatCount(odd)} of `;
      const whom = `${share}${formatCounted(all, "openId")} ${all === 1 ? "does" : "do"}`;
      deps.out.warn(`warning: ${whom} not look like ${platform}'s (${form}); the first is ${example}`);
    },
  };
}
