import { SweepCutError } from "../errors.ts";
import type { PoolStore, PurgeStep } from "./ports.ts";

/** The JSON document of `purge`, but for its times. */
export interface PurgeTotals {
  poolsScanned: number;
  poolsChanged: number;
  poolsRemoved: number;
  expiredRemoved: number;
  unreadableKept: number;
  /** False when it was stopped before it had seen every pool. */
  complete: boolean;
}

export interface PurgeOptions {
  dryRun: boolean;
  /** Aborts between two steps. */
  signal: AbortSignal;
  onStep?: (totals: PurgeTotals) => void;
}

/** Pools in one script call; the script's own budget bounds its time. */
const BATCH = 100;

interface OpenPool {
  openId: string;
  from: number;
  changed: boolean;
  kept: number;
}

/** How often a sweep may turn out cut before a purge gives up. */
const MOST_SWEEPS = 5;

/**
 * Removes expired codes from all pools in bounded steps; deletes nothing else. Safe while backends push and broadcasts
 * claim, because every step is atomic and looks at the list as it is then. Sweeps again when the sweep was cut.
 */
export async function purgePools(store: PoolStore, options: PurgeOptions): Promise<PurgeTotals> {
  const totals: PurgeTotals = {
    poolsScanned: 0,
    poolsChanged: 0,
    poolsRemoved: 0,
    expiredRemoved: 0,
    unreadableKept: 0,
    complete: true,
  };
  for (let sweeps = 1; ; sweeps++) {
    try {
      totals.complete = await sweepOnce(store, options, totals);
      return totals;
    } catch (error) {
      if (!(error instanceof SweepCutError) || sweeps === MOST_SWEEPS) throw error;
      // Met again; what was removed stays removed, unless it was only counted.
      Object.assign(totals, { poolsScanned: 0, unreadableKept: 0 });
      if (options.dryRun) Object.assign(totals, { poolsChanged: 0, poolsRemoved: 0, expiredRemoved: 0 });
    }
  }
}

/** Returns whether it came to its end. */
async function sweepOnce(store: PoolStore, options: PurgeOptions, totals: PurgeTotals): Promise<boolean> {
  for await (const page of store.sweep()) {
    for (let at = 0; at < page.length; at += BATCH) {
      await purgeBatch(store, page.slice(at, at + BATCH), options, totals);
      if (options.signal.aborted) return false;
    }
  }
  return true;
}

async function purgeBatch(
  store: PoolStore,
  openIds: string[],
  { dryRun, signal, onStep }: PurgeOptions,
  totals: PurgeTotals,
): Promise<void> {
  let open: OpenPool[] = openIds.map((openId) => ({ openId, from: 0, changed: false, kept: 0 }));
  while (open.length > 0 && !signal.aborted) {
    const steps = await store.purge(open, dryRun);
    open = open.filter((pool, i) => takeStep(pool, steps[i]!, dryRun, totals));
    onStep?.(totals);
  }
}

/** Enters one step into the totals; true when the pool needs another. */
function takeStep(pool: OpenPool, step: PurgeStep, dryRun: boolean, totals: PurgeTotals): boolean {
  totals.expiredRemoved += step.expired;
  totals.unreadableKept += step.unreadable;
  pool.kept += step.kept;
  if (step.changed && !pool.changed) totals.poolsChanged++;
  pool.changed ||= step.changed;
  if (step.more !== undefined) {
    pool.from = step.more;
    return true;
  }
  totals.poolsScanned++;
  // A dry run leaves the list in place, so there it is gone when nothing of it would have been kept.
  const gone = dryRun ? pool.kept === 0 : !step.exists;
  if (pool.changed && gone) totals.poolsRemoved++;
  return false;
}
