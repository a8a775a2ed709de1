import { checkEncoding } from "../../../config/decode.ts";
import { openInput } from "../../../config/input-file.ts";
import { readRecords } from "../../../config/records.ts";
import { PushCliError, usageError } from "../../../errors.ts";
import type { ExitName } from "../../../exit-codes.ts";
import { formatCount, formatCounted } from "../../../output/format.ts";
import { type ConsentImportTotals, importConsents } from "../../../pool/consents/import.ts";
import type { ConsentRow } from "../../../pool/consents/import-row.ts";
import { isBatchName } from "../../../pool/consents/numbering.ts";
import { readStoredConsent } from "../../../pool/consents/read-stored.ts";
import type { CodeSource } from "../../../pool/ports.ts";
import type { ConsentStores, Deps, SourceNeeds } from "../../deps.ts";
import { stopAtSignal } from "../../interrupt.ts";
import { showTotals } from "../import-totals.ts";

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
    throw usageError(`--batch: "${batch}" is no name`, "up to 64 letters, digits, _ . : and -");
  const source = from && (await openSource(deps, from));
  if (flags.encoding !== undefined) checkEncoding(flags.encoding);
  const input = source ? undefined : openInput(file, deps.io);
  if (input && file === "-" && deps.io.stdin.isTTY)
    deps.out.talk("reading consents from the terminal; Ctrl-D ends");
  const stop = stopAtSignal(deps, () => input?.destroy());
  const rows = source
    ? storedRows(source, flags.template, stop.signal)
    : fileRows(readRecords(input!, { headless: HEADLESS, encoding: flags.encoding }), stop.signal);
  try {
    const totals = await runImport(deps, stores, { ...flags, batch }, rows, stop.signal, source);
    if (source?.keys === 0 && !stop.signal.aborted) throw nothing(from!);
    return stop.exit ?? (totals.bad > 0 ? "partial" : "done");
  } finally {
    stop.undo();
  }
}

async function runImport(
  deps: Deps,
  { pools }: ConsentStores,
  { template: templateId, batch, dryRun = false }: { template?: string; batch: string; dryRun?: boolean },
  rows: AsyncIterable<ConsentRow>,
  signal: AbortSignal,
  source: CodeSource | undefined,
): Promise<ConsentImportTotals> {
  const { isOpenId } = await deps.stores();
  const needsId = (await deps.channel()).repeat === "always";
  const progress = deps.out.progress();
  const thing = source ? "value" : "line";
  let odd = "";
  const show = ({ rows: read, ...rest }: ConsentImportTotals, more: { complete?: false } = {}) => {
    progress.done();
    const counted = source ? { keys: source.keys, values: read } : { lines: read };
    const text = describe({ rows: read, ...rest }, thing, dryRun).join(", ");
    return showTotals(deps, { ...counted, ...rest, ...more, dryRun }, text, HINT);
  };
  let reached: ConsentImportTotals | undefined;
  try {
    const totals = await importConsents(pools, rows, {
      ...{ isOpenId, templateId, needsId, batch, signal, dryRun },
      onBad: (place, why) => deps.out.warn(`${place}: ${why}`),
      onOdd: (openId, place) => {
        odd = `'${openId}' (${place})`;
      },
      onStep: (now) => {
        reached = now;
        progress.update(() => describe(now, thing, dryRun).join(", "));
      },
    });
    await show(totals);
    if (totals.oddOpenIds > 0)
      deps.out.talk(
        `${formatCounted(totals.oddOpenIds, thing)} with openIds that don't look like WeChat's (28 letters, digits, _ and -), such as ${odd}`,
      );
    return totals;
  } catch (error) {
    if (reached) await show(reached, { complete: false });
    throw error;
  } finally {
    progress.done();
  }
}

const HINT = "fix those and import again: what is there already is left out";

/** The columns of a file without a header line. */
const HEADLESS = ["openId", "templateId", "count"];

function describe(totals: ConsentImportTotals, thing: string, dryRun: boolean): string[] {
  const { rows, imported, known, used, capped, expired, empty, otherTemplate, bad } = totals;
  const some = (count: number, what: string) => (count > 0 ? [`${formatCount(count)} ${what}`] : []);
  return [
    formatCounted(rows, thing),
    `${formatCounted(imported, "consent")} ${dryRun ? "would be imported" : "imported"}`,
    `${formatCount(known)} there already`,
    ...some(used, "used already"),
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
    throw usageError("--lifetime is for codes", "--consent-max-age says how old a consent may be");
  if (from.layout === "string" || from.layout === "hash") return deps.codeSource(from);
  throw usageError(
    `--from ${from.layout}: consents are read from strings and hashes`,
    "a string with a number or JSON with a count; a hash with a template's id in the field and such a value",
  );
}

function nothing({ layout, place }: SourceNeeds): PushCliError {
  const shown = "pattern" in place ? place.pattern : `${place.prefix}*${place.suffix ?? ""}`;
  return new PushCliError("nothing", `there is no ${layout} under a key '${shown}'`, {
    hint: "redis-cli --scan --pattern shows keys, and TYPE what they hold",
  });
}
