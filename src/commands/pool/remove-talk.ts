import { parseCount } from "../../config/durations.ts";
import { redactUrl } from "../../config/redact-url.ts";
import type { PushCliError } from "../../errors.ts";
import type { ExitName } from "../../exit-codes.ts";
import { formatCount, formatCounted } from "../../output/format.ts";
import {
  type EntryKind,
  type PlannedPool,
  type RemovalStore,
  type RemovalTotals,
  UNREADABLE,
} from "../../pool/remove.ts";
import { askFirst } from "../ask.ts";
import type { Deps } from "../deps.ts";

export interface RemoveFlags {
  confirmAbove: string;
  export?: string;
  unreadable?: boolean;
  dryRun?: boolean;
  yes?: boolean;
}

/** What can be said of whatever ends before it began. */
export const UNDONE = "nothing was removed";

/** What is to be removed: codes or consents. */
export interface RemovalTarget {
  store: RemovalStore;
  kind: EntryKind;
  /** Pools that have something in them. */
  plan: PlannedPool[];
  /** Users who have none. */
  missing: string[];
  /** A pool as people know it. */
  nameOf(openId: string): string;
  /** What is said of a missing user, and the error when nobody has a pool. */
  missed(openId: string): string;
  none(): Promise<PushCliError>;
}

/** Pools named in the question; of more, how many. */
const NAMED = 10;

/** Asks; returns the signal that ended the question. Rejects when the answer was no. */
export async function askForRemoval(
  deps: Deps,
  flags: RemoveFlags,
  plan: readonly PlannedPool[],
  { nameOf, stdinTaken }: { nameOf: (openId: string) => string; stdinTaken: boolean },
): Promise<ExitName | undefined> {
  const confirmAbove = parseCount(flags.confirmAbove, { name: "--confirm-above" });
  const { profile, redisUrl } = await deps.settings();
  // Not talk: --quiet must not hide what is asked about.
  const { warn } = deps.out;
  warn(`profile ${profile ?? "(none)"}, Redis ${redactUrl(redisUrl)}`);
  for (const { openId, counts } of plan.slice(0, NAMED)) {
    const contents = Object.entries(counts).map(([state, count]) => `${count} ${state}`);
    warn(`${nameOf(openId)}  ${contents.join(", ")}`);
  }
  if (plan.length > NAMED) warn(`and ${formatCounted(plan.length - NAMED, "pool")} more`);
  const unreadable = plan.reduce((sum, { counts }) => sum + (counts[UNREADABLE] ?? 0), 0);
  if (flags.export !== undefined) warn(`saved to ${flags.export} first, byte for byte`);
  else if (unreadable > 0) {
    const entries = formatCounted(unreadable, "unreadable entry", "unreadable entries");
    warn(
      flags.unreadable ? `${entries} will be lost; use --export to keep a copy` : `${entries} will be kept`,
    );
  }
  return askFirst(deps, `Remove ${formatCounted(plan.length, "pool")}?`, UNDONE, {
    stdinTaken,
    ...(plan.length > confirmAbove ? { typed: plan.length } : {}),
  });
}

/** What was removed, or would be. */
export async function showRemoval(
  { out, note }: Deps,
  flags: RemoveFlags,
  totals: RemovalTotals,
  missing: string[],
): Promise<void> {
  const dryRun = flags.dryRun === true;
  const { poolsRemoved, entriesRemoved, entriesKept } = totals;
  note({ counts: { poolsRemoved, entriesRemoved, entriesKept } });
  const exportFile = dryRun ? null : (flags.export ?? null);
  if (out.format !== "human") return out.document({ ...totals, missing, exportFile, dryRun });
  for (const line of describe(totals, flags)) out.data(line);
  if (flags.export !== undefined && !dryRun) out.talk(`to restore: push-cli pool import ${flags.export}`);
}

function describe(totals: RemovalTotals, flags: RemoveFlags): string[] {
  const { entriesRemoved, poolsRemoved, codesRemoved, entriesKept, entriesGone } = totals;
  const states = Object.entries(codesRemoved).filter(([, count]) => count > 0);
  const contents = states.map(([state, count]) => `${formatCount(count)} ${state}`).join(", ");
  const verb = flags.dryRun ? "would remove" : "removed";
  const lines = [`${verb} ${countEntries(entriesRemoved)}${contents === "" ? "" : `: ${contents}`}`];
  if (poolsRemoved > 0)
    lines.push(
      `${formatCounted(poolsRemoved, "pool")} ${flags.dryRun ? "would be removed" : "empty and removed"}`,
    );
  if (entriesKept > 0) {
    const why =
      flags.export === undefined ? "unreadable; use --export to save and remove them" : "too long to save";
    lines.push(`${countEntries(entriesKept)} kept, ${why}`);
  }
  if (entriesGone > 0) lines.push(`${countEntries(entriesGone)} taken by another process in the meantime`);
  if (!totals.complete) lines.push("stopped early: the rest was not changed");
  return lines;
}

function countEntries(count: number): string {
  return formatCounted(count, "entry", "entries");
}
