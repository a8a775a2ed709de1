import type { ExitName } from "../../exit-codes.ts";
import { formatCount, formatCounted } from "../../output/format.ts";
import type { PlannedPool, RemovalTotals } from "../../pool/remove.ts";
import { askFirst } from "../ask.ts";
import type { Deps } from "../deps.ts";

export interface RemoveFlags {
  export?: string;
  unreadable?: boolean;
  dryRun?: boolean;
  yes?: boolean;
}

/** Pools named in the question; of more, how many. */
const NAMED = 10;

/** Asks; returns the signal that ended the question. Rejects when the answer was no. */
export async function askForRemoval(
  deps: Deps,
  flags: RemoveFlags,
  plan: readonly PlannedPool[],
  stdinTaken: boolean,
): Promise<ExitName | undefined> {
  const { talk } = deps.out;
  for (const { openId, valid, expired, invalid, unreadable } of plan.slice(0, NAMED))
    talk(`${openId}  ${valid} valid, ${expired} expired, ${invalid} invalid, ${unreadable} unreadable`);
  if (plan.length > NAMED) talk(`and ${formatCounted(plan.length - NAMED, "pool")} more`);
  const unreadable = plan.reduce((sum, pool) => sum + pool.unreadable, 0);
  if (flags.export !== undefined) talk(`copied to ${flags.export} first, byte for byte`);
  else if (unreadable > 0) {
    const entries = formatCounted(unreadable, "unreadable entry", "unreadable entries");
    talk(flags.unreadable ? `${entries} will be lost: --export keeps a copy` : `${entries} will stay`);
  }
  return askFirst(deps, `Remove ${formatCounted(plan.length, "pool")}?`, "nothing was removed", {
    stdinTaken,
  });
}

/** What was removed, or would be. */
export async function showRemoval(
  { out }: Deps,
  flags: RemoveFlags,
  totals: RemovalTotals,
  missing: string[],
): Promise<void> {
  const dryRun = flags.dryRun === true;
  if (out.format === "json")
    return out.json({ ...totals, missing, exportFile: dryRun ? null : (flags.export ?? null), dryRun });
  if (out.format === "plain") {
    const { codesRemoved, ...counts } = totals;
    const codes = Object.entries(codesRemoved).map(([state, count]) => [`codesRemoved.${state}`, count]);
    return out.table([], [...Object.entries(counts).map(([name, value]) => [name, String(value)]), ...codes]);
  }
  for (const line of describe(totals, flags)) out.data(line);
  if (flags.export !== undefined && !dryRun) out.talk(`push-cli pool import ${flags.export} brings it back`);
}

function describe(totals: RemovalTotals, flags: RemoveFlags): string[] {
  const { entriesRemoved, poolsRemoved, codesRemoved, entriesKept, entriesGone } = totals;
  const states = Object.entries(codesRemoved).filter(([, count]) => count > 0);
  const contents = states.map(([state, count]) => `${formatCount(count)} ${state}`).join(", ");
  const verb = flags.dryRun ? "would remove" : "removed";
  const lines = [`${verb} ${countEntries(entriesRemoved)}${contents === "" ? "" : `: ${contents}`}`];
  if (poolsRemoved > 0)
    lines.push(
      `${formatCounted(poolsRemoved, "pool")} ${flags.dryRun ? "would be" : "empty now, and so"} gone`,
    );
  if (entriesKept > 0) {
    const why =
      flags.export === undefined
        ? "not understood: --export saves and then removes them"
        : "too long to save";
    lines.push(`${countEntries(entriesKept)} kept, ${why}`);
  }
  if (entriesGone > 0) lines.push(`${countEntries(entriesGone)} taken by somebody else meanwhile`);
  if (!totals.complete) lines.push("stopped early: the rest is as it was");
  return lines;
}

function countEntries(count: number): string {
  return formatCounted(count, "entry", "entries");
}
