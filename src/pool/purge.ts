import type { Clock } from "../clock.ts";
import { SweepCutError } from "../errors.ts";
import type { OpenPool, PoolStore } from "./ports.ts";
import { Throttle } from "./throttle.ts";

/** The JSON document of `purge`, without its times. */
export interface PurgeTotals {
  poolsScanned: number;
  poolsChanged: number;
  poolsRemoved: number;
  expiredRemoved: number;
  unreadableKept: number;
  /** False when it was stopped before it had processed every pool. */
  complete: boolean;
}

export interface PurgeOptions {
  dryRun: boolean;
  /** Maximum Redis commands per second, including those inside scripts; unlimited by default. */
  maxOpsPerSec?: number | undefined;
  /** Checked between steps. */
  signal: AbortSignal;
  clock: Clock;
  onStep?: () => void;
}

/** Pools per step; the script's own budget bounds its time. */
const BATCH = 120;
/** Concurrent steps, so that neither Redis nor push-cli waits for the other. */
const IN_FLIGHT = 2;
/** With a limit on commands, a step takes at most this fraction of one second's commands. */
const STEPS_PER_SEC = 20;

/** Codes or consents. */
export type PurgeStore = Pick<PoolStore, "sweep" | "purge">;

interface Purge extends PurgeOptions {
  store: PurgeStore;
  totals: PurgeTotals;
  /** How the limit restricts a step. */
  pace?: { throttle: Throttle; commandsPerStep: number };
}

/** How often a sweep may be interrupted before a purge gives up. */
const MAX_SWEEPS = 5;

/**
 * Removes expired codes from all pools in bounded steps; deletes nothing else. Safe while backends push and broadcasts
 * claim, because every step is atomic and reads the list anew. If the sweep was interrupted, it starts over. Results are
 * added to `totals` step by step, so they are available even if Redis is lost and the purge rejects, which it does once
 * no step is under way any more.
 */
export async function purgePools(
  store: PurgeStore,
  totals: PurgeTotals,
  options: PurgeOptions,
): Promise<void> {
  const purge: Purge = { ...options, store, totals, ...makePace(options) };
  for (let sweeps = 1; ; sweeps++) {
    try {
      await sweepOnce(purge);
      break;
    } catch (error) {
      if (!(error instanceof SweepCutError) || sweeps === MAX_SWEEPS) throw error;
      if (options.signal.aborted) break;
      // These will be counted again; what was removed stays removed, unless it was only counted.
      Object.assign(totals, { poolsScanned: 0, unreadableKept: 0 });
      if (options.dryRun) Object.assign(totals, { poolsChanged: 0, poolsRemoved: 0, expiredRemoved: 0 });
    }
  }
  totals.complete = !options.signal.aborted;
}

async function sweepOnce(purge: Purge): Promise<void> {
  const batches = findBatches(purge);
  const lanes = Array.from({ length: purge.pace ? 1 : IN_FLIGHT }, () => purgeBatches(purge, batches));
  for (const lane of await Promise.allSettled(lanes)) if (lane.status === "rejected") throw lane.reason;
}

export function noTotals(): PurgeTotals {
  return {
    poolsScanned: 0,
    poolsChanged: 0,
    poolsRemoved: 0,
    expiredRemoved: 0,
    unreadableKept: 0,
    complete: false,
  };
}

function makePace({ maxOpsPerSec, clock }: PurgeOptions): Pick<Purge, "pace"> {
  if (maxOpsPerSec === undefined) return {};
  const commandsPerStep = Math.ceil(maxOpsPerSec / STEPS_PER_SEC);
  return { pace: { throttle: new Throttle(clock, maxOpsPerSec), commandsPerStep } };
}

async function* findBatches(purge: Purge): AsyncGenerator<OpenPool[]> {
  // More pools than a step can process would only be sent again and again.
  const size = Math.min(BATCH, purge.pace?.commandsPerStep ?? BATCH);
  for await (const page of purge.store.sweep({ turn: () => takeTurn(purge, 1), anyType: true })) {
    for (let at = 0; at < page.length; at += size) {
      yield page.slice(at, at + size).map((openId) => ({ openId, from: 0, changed: false, kept: false }));
    }
  }
}

/** Processes batches until there are no more, or until the signal aborts. */
async function purgeBatches(purge: Purge, batches: AsyncIterable<OpenPool[]>): Promise<void> {
  for await (const batch of batches) {
    let open = batch;
    while (open.length > 0 && (await takeTurn(purge))) open = await takeStep(purge, open);
    if (purge.signal.aborted) return;
  }
}

/** Waits until the limit allows more commands; false when the purge should end. */
async function takeTurn({ pace, signal }: Purge, commands = 0): Promise<boolean> {
  await pace?.throttle.turn(signal);
  if (signal.aborted) return false;
  pace?.throttle.spend(commands);
  return true;
}

/** Returns the pools that need another step. */
async function takeStep(purge: Purge, pools: OpenPool[]): Promise<OpenPool[]> {
  const { store, totals, pace, dryRun, onStep } = purge;
  const step = await store.purge(pools, { dryRun, maxCommands: pace?.commandsPerStep });
  pace?.throttle.spend(step.commands);
  totals.poolsScanned += step.scanned;
  totals.poolsChanged += step.changed;
  totals.poolsRemoved += step.removed;
  totals.expiredRemoved += step.expired;
  totals.unreadableKept += step.unreadable;
  onStep?.();
  return step.open;
}
