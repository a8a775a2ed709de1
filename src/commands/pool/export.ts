import type { Command } from "commander";
import type { ExitName } from "../../exit-codes.ts";
import { formatCount, formatCounted } from "../../output/format.ts";
import { type ExportTotals, exportPools } from "../../pool/export.ts";
import type { Deps, RunAction } from "../deps.ts";
import { stopAtSignal } from "../interrupt.ts";
import { noPool } from "../no-pool.ts";
import { warnOfPassed } from "../passed-over.ts";
import { templateOption } from "./consents/common.ts";
import { exportConsentPools } from "./consents/export.ts";
import { checkPattern } from "./pattern.ts";
import { countForProgress, type ReadProgress, readProgress } from "./read-progress.ts";

interface ExportFlags {
  template?: string;
  raw?: boolean;
  match?: string;
}

const EXAMPLES = `
Prints one NDJSON line per valid code: openId, formId, expire (epoch ms), uses
if it is not 1, and scene of payments at Baidu. Unreadable entries are printed
with openId and raw (text) or rawBase64. pool import reads all of these back.

Examples:
  $ push-cli pool export > codes.ndjson
  $ push-cli pool export --profile old | push-cli pool import --profile new
  # Export every entry byte for byte
  $ push-cli pool export --raw --match 'oAB*' | gzip > pools.ndjson.gz`;

export function registerPoolExport(pool: Command, run: RunAction): void {
  pool
    .command("export")
    .description("Print valid codes as NDJSON for pool import, and unreadable entries byte for byte")
    .option("--raw", "Print every entry byte for byte, including expired and invalid codes")
    .option("--match <pattern>", "Only openIds that match a glob pattern: *, ? and [ab]")
    .addOption(templateOption())
    .addHelpText("after", EXAMPLES)
    .action(run(exportAll));
}

async function exportAll(deps: Deps, flags: ExportFlags): Promise<ExitName> {
  const match = flags.match === undefined ? undefined : checkPattern(flags.match);
  const consents = await deps.consents(flags.template);
  if (consents) return exportConsentPools(deps, consents, { match, raw: flags.raw === true });
  const { out } = deps;
  const { pools } = await deps.stores();
  const stop = stopAtSignal(deps);
  const progress = await startProgress(deps, match);
  try {
    const totals = await exportPools(pools, {
      match,
      raw: flags.raw === true,
      write: (lines) => out.lines(lines),
      onStep: (now) => progress?.update(now.pools, `${formatCount(now.codes + now.entries)} lines`),
      signal: AbortSignal.any([stop.signal, out.closed]),
    });
    progress?.end();
    if (stop.exit) out.talk(`interrupted: ${describe(totals)}`);
    if (stop.exit || out.closed.aborted) return stop.exit ?? "done";
    if (totals.pools === 0) throw await noPool(deps, match);
    out.talk(describe(totals));
    await warnOfPassed(deps);
    return totals.tooLong > 0 ? "partial" : "done";
  } finally {
    progress?.end();
    stop.undo();
  }
}

/** Not where the lines themselves go by on the same terminal. */
async function startProgress(deps: Deps, match: string | undefined): Promise<ReadProgress | undefined> {
  if (deps.io.stdout.isTTY === true) return undefined;
  return readProgress(deps, await countForProgress(deps, match));
}

function describe({ pools, codes, entries, expired, invalid, tooLong }: ExportTotals): string {
  const bytes = entries === 0 ? "" : ` and ${formatCounted(entries, "entry", "entries")} byte for byte`;
  const left = [
    ...(expired > 0 ? [`${formatCount(expired)} expired`] : []),
    ...(invalid > 0 ? [`${formatCount(invalid)} invalid`] : []),
    ...(tooLong > 0 ? [`${formatCount(tooLong)} too long for import`] : []),
  ];
  const rest = left.length === 0 ? "" : `; skipped: ${left.join(", ")}`;
  return `${formatCounted(codes, "code")}${bytes} of ${formatCounted(pools, "pool")}${rest}`;
}
