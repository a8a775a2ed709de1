import { systemClock } from "../../src/clock.ts";
import type { OpenPool, PoolStore, PurgeStep } from "../../src/pool/ports.ts";
import { noTotals, type PurgeTotals, purgePools } from "../../src/pool/purge.ts";

export type PurgeSums = Omit<PurgeStep, "commands" | "open">;

export function beginPools(openIds: string[]): OpenPool[] {
  return openIds.map((openId) => ({ openId, from: 0, changed: false, kept: false }));
}

/** Purges these pools in as many calls as it takes; what all of them did. */
export async function purgeToTheEnd(
  pools: Pick<PoolStore, "purge">,
  openIds: string[],
  dryRun: boolean,
  maxCommands?: number,
): Promise<PurgeSums> {
  const sums = { scanned: 0, changed: 0, removed: 0, expired: 0, unreadable: 0 };
  let open = beginPools(openIds);
  while (open.length > 0) {
    const { commands, open: rest, ...step } = await pools.purge(open, { dryRun, maxCommands });
    for (const name of Object.keys(sums) as (keyof PurgeSums)[]) sums[name] += step[name];
    open = rest;
  }
  return sums;
}

/** Purges every pool there is. */
export async function purgeAll(pools: PoolStore, dryRun = false): Promise<PurgeTotals> {
  const totals = noTotals();
  await purgePools(pools, totals, { dryRun, signal: new AbortController().signal, clock: systemClock });
  return totals;
}
