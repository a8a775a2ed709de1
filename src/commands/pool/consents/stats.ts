import { usageError } from "../../../errors.ts";
import type { ExitName } from "../../../exit-codes.ts";
import { formatCount, formatCounted, formatShare } from "../../../output/format.ts";
import type { Cell, Column, Output } from "../../../output/output.ts";
import { type ConsentStats, collectConsentStats } from "../../../pool/consents/stats.ts";
import type { ConsentStores, Deps } from "../../deps.ts";
import { stopAtSignal } from "../../interrupt.ts";
import { readProgress } from "../read-progress.ts";
import { noConsents, warnOfLeftOut } from "./common.ts";

/** `pool stats` for consents: reachable users per template, consents by state and age. */
export async function showConsentStats(
  deps: Deps,
  { pools }: ConsentStores,
  { match, sample }: { match: string | undefined; sample: number | undefined },
): Promise<ExitName> {
  if (sample !== undefined)
    throw usageError(
      "--sample does not apply to consents, which are always counted in full",
      "omit --sample",
    );
  const stop = stopAtSignal(deps);
  const progress = readProgress(deps);
  try {
    const signal = AbortSignal.any([stop.signal, deps.out.closed]);
    const document = await collectConsentStats(pools, { match, signal, onRead: progress.update });
    progress.end();
    if (!document) {
      if (stop.exit) deps.out.talk("interrupted; no partial statistics are shown");
      return stop.exit ?? "done";
    }
    if (document.pools === 0) throw noConsents(pools, match);
    await present(deps.out, { ...document, passedOver: pools.passedOver.keys });
    warnOfLeftOut(deps, pools);
    return "done";
  } finally {
    progress.end();
    stop.undo();
  }
}

async function present(out: Output, document: ConsentStats & { passedOver: number }): Promise<void> {
  if (out.format !== "human") return out.document(document);
  await presentOnScreen(out, document);
}

const STATES = ["valid", "standing", "expired", "unreadable"] as const;

async function presentOnScreen(out: Output, stats: ConsentStats): Promise<void> {
  const { pools, reachable, consents, templates, perUser, byAge } = stats;
  const names = formatCounted(templates.length, "template");
  out.data(`${formatCounted(pools, "pool")} of ${names}, ${formatCount(reachable)} of them reachable\n`);
  await chart(
    out,
    ["template", "reachable"],
    templates.map((one) => [one.templateId, one.reachable]),
  );
  await chart(
    out,
    ["consents", "count"],
    STATES.map((state) => [state, consents[state]]),
  );
  await chart(
    out,
    ["valid consents", "users"],
    perUser.map((row) => [String(row.consents), row.users]),
  );
  await chart(
    out,
    ["younger than", "consents"],
    byAge.map((row) => [ageName(row.underDays), row.consents]),
  );
}

function ageName(underDays: number | null): string {
  return underDays === null ? "older" : formatCounted(underDays, "day");
}

async function chart(out: Output, titles: [string, string], bars: [string, number][]): Promise<void> {
  if (bars.length === 0) return;
  const whole = bars.reduce((sum, [, count]) => sum + count, 0);
  const longest = Math.max(1, ...bars.map(([, count]) => count));
  const columns: Column[] = [
    { title: titles[0] },
    { title: titles[1], align: "right" },
    { title: "share", align: "right" },
    { title: "", bar: true },
  ];
  const rows = bars.map(([name, count]): Cell[] => [
    name,
    formatCount(count),
    formatShare(count, whole),
    count / longest,
  ]);
  await out.table(columns, rows);
  out.data("");
}
