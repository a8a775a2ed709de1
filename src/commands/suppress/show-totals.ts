import type { SuppressTotals } from "../../broadcast/suppression.ts";
import { formatCount, formatCounted } from "../../output/format.ts";
import type { Deps } from "../deps.ts";

/** What became of users who were to be suppressed. `more`: what else there is to count, and in words. */
export async function showTotals(
  { out, note }: Deps,
  totals: SuppressTotals,
  dryRun: boolean,
  more: { counts: Record<string, number>; words: string[]; complete?: false } = { counts: {}, words: [] },
): Promise<void> {
  const { added, changed, unchanged } = totals;
  const counts = { ...more.counts, added, changed, unchanged };
  note({ counts });
  const complete = more.complete === false ? { complete: false } : {};
  if (out.format !== "human") return out.document({ ...counts, ...complete, dryRun });
  const verb = dryRun ? "would be added" : "added";
  out.data(
    [
      `${formatCounted(added, "user")} ${verb}`,
      ...(changed > 0 ? [`${formatCount(changed)} changed`] : []),
      ...(unchanged > 0 ? [`${formatCount(unchanged)} already there`] : []),
      ...more.words,
    ].join(", "),
  );
}
