import { usageError } from "../../../errors.ts";
import type { ExitName } from "../../../exit-codes.ts";
import { checkEncoding } from "../../../files/decode.ts";
import { openInput } from "../../../files/input-file.ts";
import { readRecords } from "../../../files/records.ts";
import { formatCount, formatCounted } from "../../../output/format.ts";
import { type ConsentImportTotals, importConsents } from "../../../pool/consents/import.ts";
import type { ConsentRow } from "../../../pool/consents/import-row.ts";
import { isBatchName } from "../../../pool/consents/numbering.ts";
import { readStoredConsent } from "../../../pool/consents/read-stored.ts";
import type { CodeSource } from "../../../pool/ports.ts";
import type { ConsentStores, Deps, SourceNeeds } from "../../deps.ts";
import { stopAtSignal } from "../../interrupt.ts";
import { nothingFrom, openFrom } from "../import-redis.ts";
import { type ImportView, runImport } from "../import-totals.ts";

export interface ConsentImportFlags {
  template?: string;
  batch?: string;
  dryRun?: boolean;
  encoding?: string;
}

/** What counts in files and in Redis are a batch of, unless --batch names another. */
const BATCH = "1";

/** `pool import` for consents: from a file, or from another layout in Redis. */
export async function importConsentPools(
  deps: Deps,
  stores: ConsentStores,
  flags: ConsentImportFlags,
  from: SourceNeeds | undefined,
  file: string,
): Promise<ExitName> {
  const batch = flags.batch ?? BATCH;
  if (!isBatchName(batch))
    throw usageError(`--batch: "${batch}" is not a valid name`, "use up to 64 letters, digits, _ . : and -");
  const source = from && (await openSource(deps, from));
  if (flags.encoding !== undefined) checkEncoding(flags.encoding);
  const input = source ? undefined : openInput(file, deps.io);
  if (input && file === "-" && deps.io.stdin.isTTY)
    deps.out.talk("reading consents from the terminal; press Ctrl-D to end");
  const stop = stopAtSignal(deps, () => input?.destroy());
  const rows = source
    ? storedRows(source, flags.template, stop.signal)
    : fileRows(readRecords(input!, { headless: HEADLESS, encoding: flags.encoding }), stop.signal);
  try {
    const totals = await importRows(deps, stores, { ...flags, batch }, rows, stop.signal, source);
    if (source?.keys === 0 && !stop.signal.aborted) throw nothingFrom(from!);
    return stop.exit ?? (totals.bad > 0 ? "partial" : "done");
  } finally {
    stop.undo();
  }
}

async function importRows(
  deps: Deps,
  { pools }: ConsentStores,
  { template: templateId, batch, dryRun = false }: { template?: string; batch: string; dryRun?: boolean },
  rows: AsyncIterable<ConsentRow>,
  signal: AbortSignal,
  source: CodeSource | undefined,
): Promise<ConsentImportTotals> {
  const { isOpenId } = await deps.stores();
  const needsId = (await deps.channel()).repeat === "always";
  const thing = source ? "value" : "line";
  let odd = "";
  const view: ImportView<ConsentImportTotals> = {
    document: ({ rows: read, ...rest }) => ({
      ...(source ? { keys: source.keys, values: read } : { lines: read }),
      ...rest,
    }),
    text: (totals) => describe(totals, thing, dryRun).join(", "),
    hint: "fix these and import again; consents already in a pool are skipped",
    dryRun,
  };
  const totals = await runImport(deps, view, (events) =>
    importConsents(pools, rows, {
      ...{ isOpenId, templateId, needsId, batch, signal, dryRun, ...events },
      onOdd: (openId, place) => {
        odd = `'${openId}' (${place})`;
      },
    }),
  );
  if (totals.oddOpenIds > 0)
    deps.out.talk(
      `${formatCounted(totals.oddOpenIds, thing)} with openIds that don't look like WeChat's (28 letters, digits, _ and -), such as ${odd}`,
    );
  return totals;
}

/** The columns of a file without a header line. */
const HEADLESS = ["openId", "templateId", "count"];

function describe(totals: ConsentImportTotals, thing: string, dryRun: boolean): string[] {
  const { rows, imported, known, used, capped, expired, empty, otherTemplate, bad } = totals;
  const some = (count: number, what: string) => (count > 0 ? [`${formatCount(count)} ${what}`] : []);
  return [
    formatCounted(rows, thing),
    `${formatCounted(imported, "consent")} ${dryRun ? "would be imported" : "imported"}`,
    `${formatCount(known)} already there`,
    ...some(used, "already used"),
    ...some(capped, "beyond the cap"),
    ...some(expired, "expired"),
    ...some(empty, "with a count of 0"),
    ...some(otherTemplate, "of other templates"),
    formatCounted(bad, `bad ${thing}`),
  ];
}

async function* fileRows(
  records: ReturnType<typeof readRecords>,
  signal: AbortSignal,
): AsyncGenerator<ConsentRow> {
  try {
    for await (const { line, fields, error } of records) yield { place: `line ${line}`, fields, error };
  } catch (error) {
    // Destroying the input is how Ctrl-C ends a read that waits for more.
    if (!signal.aborted) throw error;
  }
}

async function* storedRows(
  source: CodeSource,
  templateId: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<ConsentRow> {
  for await (const piece of source.read()) {
    if (signal.aborted) return;
    for (const stored of piece) yield readStoredConsent(stored, templateId);
  }
}

function openSource(deps: Deps, from: SourceNeeds): Promise<CodeSource> {
  if (from.lifetimeMs !== undefined)
    throw usageError("--lifetime applies to codes", "for consents, use --consent-max-age");
  if (from.layout === "string" || from.layout === "hash") return openFrom(deps, from);
  throw usageError(
    `--from ${from.layout}: consents can only be imported from strings and hashes`,
    "a string holds a number, or JSON with a count; a hash has template ids as fields and such values",
  );
}
