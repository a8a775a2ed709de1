import { PushCliError } from "../../errors.ts";
import type { ExitName } from "../../exit-codes.ts";
import { formatCounted } from "../../output/format.ts";
import { type ImportTotals, importCodes } from "../../pool/import.ts";
import type { ImportRow } from "../../pool/import-row.ts";
import type { CodeSource } from "../../pool/ports.ts";
import { readStored, type StoredTerms } from "../../pool/read-stored.ts";
import type { Deps, SourceNeeds } from "../deps.ts";
import { stopAtSignal } from "../interrupt.ts";
import { describeTotals, exitOf, type ImportView, oddTalk, runImport } from "./import-totals.ts";
import { SourceTalk } from "./source-talk.ts";

/** Imports what lies in a Redis in another layout. */
export async function importFromRedis(deps: Deps, from: SourceNeeds, dryRun: boolean): Promise<ExitName> {
  const source = await openFrom(deps, from);
  const { pools, isOpenId } = await deps.stores();
  const terms = { nowMs: await pools.now(), lifetimeMs: from.lifetimeMs };
  const talk = new SourceTalk(terms.nowMs);
  const odd = oddTalk();
  const stop = stopAtSignal(deps);
  const { signal } = stop;
  const view: ImportView<ImportTotals> = {
    document: ({ rows, ...rest }) => ({ keys: source.keys, values: rows, ...rest }),
    text: (totals) =>
      [formatCounted(source.keys, "key"), ...describeTotals(totals, "value", dryRun)].join(", "),
    hint: dryRun
      ? "nothing was changed; without --dry-run, the valid codes are imported"
      : "valid codes were imported; the source was not modified",
    dryRun,
  };
  try {
    const totals = await runImport(deps, view, async (events) => {
      const rows = toRows(source, terms, talk, signal);
      const done = await importCodes(pools, rows, { isOpenId, dryRun, onOdd: odd.note, signal, ...events });
      if (source.keys === 0 && !signal.aborted) throw nothingFrom(from);
      return done;
    });
    for (const line of [...odd.lines(totals), ...talk.lines(from.lifetimeMs, from.layout)])
      deps.out.talk(line);
    const exit = exitOf(totals, stop);
    // Codes that are good were most likely taken for expired ones.
    return exit === "done" && from.lifetimeMs === undefined && talk.areScoresCreations ? "partial" : exit;
  } finally {
    stop.undo();
  }
}

/** What Redis' errors advise about its URL is about another one here. */
export async function openFrom(deps: Deps, from: SourceNeeds): Promise<CodeSource> {
  try {
    return await deps.codeSource(from);
  } catch (error) {
    if (from.redisUrl === undefined || !(error instanceof PushCliError)) throw error;
    const hint = error.hint
      ?.replaceAll("PUSH_CLI_REDIS_URL", "PUSH_CLI_FROM_REDIS_URL")
      .replaceAll("--redis-url", "--from-redis-url");
    throw new PushCliError(error.kind, error.message, { hint, transient: error.transient });
  }
}

async function* toRows(
  source: CodeSource,
  terms: StoredTerms,
  talk: SourceTalk,
  signal: AbortSignal,
): AsyncGenerator<ImportRow[]> {
  for await (const piece of source.read()) {
    if (signal.aborted) return;
    for (const stored of piece) {
      const rows = readStored(stored, terms);
      for (const row of rows) talk.note(stored, row);
      yield rows;
    }
  }
}

const TYPES = { list: "list", zset: "sorted set", string: "string", hash: "hash", set: "set" };

/** For a layout and place under which there is nothing. */
export function nothingFrom({ layout, place, keys }: SourceNeeds): PushCliError {
  const form = keys === "java" ? " serialized by Java" : "";
  const shown = "pattern" in place ? place.pattern : `${place.prefix}*${place.suffix ?? ""}`;
  const flag = "pattern" in place ? "--from-key" : "--from-prefix";
  return new PushCliError("nothing", `no ${TYPES[layout]} found under a key '${shown}'${form}`, {
    hint: `check ${flag} and --from-redis-url; redis-cli --scan --pattern lists keys, and TYPE shows what they hold`,
  });
}
