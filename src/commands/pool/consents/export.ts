import type { ExitName } from "../../../exit-codes.ts";
import { formatCount, formatCounted } from "../../../output/format.ts";
import { type ConsentExportTotals, exportConsents } from "../../../pool/consents/export.ts";
import type { ConsentStores, Deps } from "../../deps.ts";
import { stopAtSignal } from "../../interrupt.ts";
import { readProgress } from "../read-progress.ts";
import { noConsents, warnOfLeftOut } from "./common.ts";

/** `pool export` for consents. */
export async function exportConsentPools(
  deps: Deps,
  { pools }: ConsentStores,
  { match, raw }: { match: string | undefined; raw: boolean },
): Promise<ExitName> {
  const { out } = deps;
  const stop = stopAtSignal(deps);
  // Not where the lines themselves go by on the same terminal.
  const progress = deps.io.stdout.isTTY === true ? undefined : readProgress(deps);
  try {
    const totals = await exportConsents(pools, {
      match,
      raw,
      write: (lines) => out.lines(lines),
      onStep: (now) => progress?.update(now.pools, `${formatCount(now.consents + now.entries)} lines`),
      signal: AbortSignal.any([stop.signal, out.closed]),
    });
    progress?.end();
    if (stop.exit) out.talk(`interrupted: ${describe(totals)}`);
    if (stop.exit || out.closed.aborted) return stop.exit ?? "done";
    if (totals.pools === 0) throw noConsents(pools, match);
    out.talk(describe(totals));
    warnOfLeftOut(deps, pools);
    return totals.tooLong > 0 ? "partial" : "done";
  } finally {
    progress?.end();
    stop.undo();
  }
}

function describe({ pools, consents, entries, expired, tooLong }: ConsentExportTotals): string {
  const bytes = entries === 0 ? "" : ` and ${formatCounted(entries, "entry", "entries")} byte for byte`;
  const left = [
    ...(expired > 0 ? [`${formatCount(expired)} expired`] : []),
    ...(tooLong > 0 ? [`${formatCount(tooLong)} too long for import`] : []),
  ];
  const rest = left.length === 0 ? "" : `; skipped: ${left.join(", ")}`;
  return `${formatCounted(consents, "consent")}${bytes} of ${formatCounted(pools, "pool")}${rest}`;
}
