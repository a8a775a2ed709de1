import { resolve } from "node:path";
import type { ExitName } from "../../../exit-codes.ts";
import { createExportFile, type ExportFile } from "../../../output/export-file.ts";
import { formatCounted } from "../../../output/format.ts";
import { consentState, readConsent } from "../../../pool/consent.ts";
import { toConsentEntryLine } from "../../../pool/consents/export.ts";
import { poolOfName } from "../../../pool/consents/name.ts";
import { type ConsentSummary, consentReader, countEntries } from "../../../pool/consents/summary.ts";
import { readPools } from "../../../pool/read-pools.ts";
import { type EntryKind, type RemovalTotals, removePools } from "../../../pool/remove.ts";
import { askFirst } from "../../ask.ts";
import type { ConsentStores, Deps } from "../../deps.ts";
import { stopAtSignal } from "../../interrupt.ts";
import { type RemoveFlags, showRemoval } from "../remove-talk.ts";
import { noConsents } from "./common.ts";

interface Planned extends ConsentSummary {
  /** The pool's name. */
  openId: string;
  entries: number;
}

/** `pool remove` for consents: those of a template, or all that the users have. */
export async function removeConsentPools(
  deps: Deps,
  stores: ConsentStores,
  flags: RemoveFlags,
  openIds: readonly string[],
  stdinTaken: boolean,
): Promise<ExitName> {
  const { pools } = stores;
  const plan = await planAll(stores, openIds);
  const having = new Set(plan.map((pool) => poolOfName(pool.openId).openId));
  const missing = openIds.filter((openId) => !having.has(openId));
  if (plan.length === 0) throw noConsents(pools, missing[0]);
  for (const openId of missing) deps.out.talk(`there are no consents under '${pools.keyOf(openId)}'`);
  const keepUnreadable = flags.export === undefined && flags.unreadable !== true;
  if (flags.dryRun) {
    await showRemoval(deps, flags, foresee(plan, keepUnreadable), missing);
    return "done";
  }
  if (!flags.yes) {
    const interrupted = await ask(deps, flags, plan, stdinTaken);
    if (interrupted) return interrupted;
  }
  return removeAll(deps, stores, flags, plan, missing);
}

async function planAll({ pools }: ConsentStores, openIds: readonly string[]): Promise<Planned[]> {
  const names = await pools.poolsOf(openIds);
  const reader = consentReader({ nowMs: await pools.now(), maxAgeMs: pools.maxAgeMs });
  const planned: Planned[] = [];
  const read = readPools(pools, once(names), {
    start: (name) => ({ name, summary: reader.start(name) }),
    add: ({ summary }, raw) => reader.add(summary, raw),
  });
  for await (const some of read)
    for (const { name, summary } of some)
      planned.push({ ...summary, openId: name, entries: countEntries(summary) });
  return planned.filter(({ entries }) => entries > 0);
}

async function* once<T>(item: T): AsyncGenerator<T> {
  yield item;
}

/** What a removal of just what was planned would do. */
function foresee(plan: readonly Planned[], keepUnreadable: boolean): RemovalTotals {
  const sum = (count: (pool: Planned) => number) => plan.reduce((total, pool) => total + count(pool), 0);
  const kept = (pool: Planned) => (keepUnreadable ? pool.unreadable : 0);
  return {
    poolsRemoved: plan.filter((pool) => kept(pool) === 0).length,
    entriesRemoved: sum((pool) => pool.entries - kept(pool)),
    codesRemoved: {
      valid: sum(({ valid }) => valid),
      standing: sum(({ standing }) => standing),
      expired: sum(({ expired }) => expired),
      unreadable: sum((pool) => pool.unreadable - kept(pool)),
    },
    entriesKept: sum(kept),
    entriesGone: 0,
    complete: true,
  };
}

/** Pools named in the question; of more, how many. */
const NAMED = 10;

async function ask(
  deps: Deps,
  flags: RemoveFlags,
  plan: readonly Planned[],
  stdinTaken: boolean,
): Promise<ExitName | undefined> {
  const { talk } = deps.out;
  for (const { openId: name, valid, standing, expired, unreadable } of plan.slice(0, NAMED)) {
    const { openId, templateId } = poolOfName(name);
    talk(
      `${openId}  ${templateId}  ${valid} valid, ${standing} standing, ${expired} expired, ${unreadable} unreadable`,
    );
  }
  if (plan.length > NAMED) talk(`and ${formatCounted(plan.length - NAMED, "pool")} more`);
  if (flags.export !== undefined) talk(`copied to ${flags.export} first, byte for byte`);
  return askFirst(deps, `Remove ${formatCounted(plan.length, "pool")}?`, "nothing was removed", {
    stdinTaken,
  });
}

async function removeAll(
  deps: Deps,
  { pools }: ConsentStores,
  flags: RemoveFlags,
  plan: readonly Planned[],
  missing: string[],
): Promise<ExitName> {
  const stop = stopAtSignal(deps);
  let file: ExportFile | undefined;
  const progress = deps.out.progress();
  try {
    if (flags.export !== undefined) file = await createExportFile(resolve(deps.io.cwd, flags.export));
    const totals = await removePools(pools, plan, {
      keepUnreadable: flags.export === undefined && flags.unreadable !== true,
      save: file?.write,
      signal: stop.signal,
      kind: consentKind(pools.maxAgeMs),
      onStep: (now) =>
        progress.update(() => `${formatCounted(now.entriesRemoved, "entry", "entries")} removed`),
    });
    progress.done();
    await showRemoval(deps, flags, totals, missing);
    return stop.exit ?? "done";
  } finally {
    progress.done();
    stop.undo();
    await file?.close();
  }
}

function consentKind(maxAgeMs: number | undefined): EntryKind {
  return {
    states: ["valid", "standing", "expired", "unreadable"],
    statesOf: (raw, nowMs) => {
      const entry = readConsent(raw);
      return [entry.readable ? consentState(entry.consent, { nowMs, maxAgeMs }) : "unreadable"];
    },
    toLine: toConsentEntryLine,
  };
}
