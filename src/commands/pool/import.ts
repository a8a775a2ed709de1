import type { Command } from "commander";
import { openInput } from "../../config/input-file.ts";
import { readRecords } from "../../config/records.ts";
import type { ExitName } from "../../exit-codes.ts";
import { formatCount, formatCounted } from "../../output/format.ts";
import { type ImportTotals, importCodes } from "../../pool/import.ts";
import type { ImportRow } from "../../pool/import-row.ts";
import type { Deps, RunAction } from "../deps.ts";

const EXAMPLES = `
NDJSON or CSV with openId, formId, expire (epoch ms, epoch s or ISO 8601) and
uses (how many messages the code is good for; optional, 1). CSV without a header
line has these columns in this order. What pool export and pool remove --export
wrote is read back as it is, entries byte for byte (raw, rawBase64) included.

Examples:
  $ push-cli pool import codes.ndjson
  $ cat codes.csv | push-cli pool import -`;

export function registerPoolImport(pool: Command, run: RunAction): void {
  pool
    .command("import [file]")
    .description("append codes to pools; '-' or nothing: stdin; codes that a pool has already are left out")
    .addHelpText("after", EXAMPLES)
    .action(run((deps, _options, file: string | undefined) => importPools(deps, file ?? "-")));
}

async function importPools(deps: Deps, file: string): Promise<ExitName> {
  const input = openInput(file, deps.io);
  if (file === "-" && deps.io.stdin.isTTY) deps.out.talk("reading codes from the terminal; Ctrl-D ends");
  const { pools, isOpenId } = await deps.stores();
  const stop = new AbortController();
  let exit: ExitName = "done";
  const undo = deps.onInterrupt((signal) => {
    exit = signal;
    stop.abort();
    input.destroy();
  });
  const progress = deps.out.progress();
  try {
    const totals = await importCodes(pools, toRows(input, stop.signal), {
      isOpenId,
      onBadLine: (line, why) => deps.out.warn(`line ${line}: ${why}`),
      onStep: (now) => progress.update(() => describe(now)),
      signal: stop.signal,
    });
    progress.done();
    await show(deps, totals);
    if (exit !== "done") return exit;
    return totals.bad > 0 ? "partial" : "done";
  } finally {
    progress.done();
    undo();
  }
}

async function* toRows(input: ReturnType<typeof openInput>, signal: AbortSignal): AsyncGenerator<ImportRow> {
  try {
    for await (const { line, fields, error } of readRecords(input, ["openId", "formId", "expire", "uses"])) {
      yield error === undefined ? { line, ...fields } : { line, error };
    }
  } catch (error) {
    // Destroying the input is how Ctrl-C ends a read that waits for more.
    if (!signal.aborted) throw error;
  }
}

async function show({ out }: Deps, totals: ImportTotals): Promise<void> {
  if (out.format === "json") out.json(totals);
  else if (out.quiet) return;
  else if (out.format === "plain") {
    await out.table(
      [],
      Object.entries(totals).map(([name, count]) => [name, count]),
    );
  } else out.data(describe(totals));
  if (totals.bad > 0) out.talk(HINT);
}

const HINT = "hint: mend those lines and import again; what is there already is left out";

function describe({ lines, imported, known, expired, bad }: ImportTotals): string {
  return [
    formatCounted(lines, "line"),
    `${formatCounted(imported, "code")} imported`,
    `${formatCount(known)} there already`,
    `${formatCount(expired)} expired`,
    formatCounted(bad, "bad line"),
  ].join(", ");
}
