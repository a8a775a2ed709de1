import type { OpenPool, PurgeStep } from "../pool/ports.ts";
import type { RedisLink } from "./connect.ts";
import type { Keys } from "./keys.ts";
import { PURGE_BUDGET, SCRIPTS } from "./scripts.ts";

/** One bounded step of a purge; see `PoolStore.purge`. */
export async function purgePools(
  link: RedisLink,
  keys: Keys,
  pools: OpenPool[],
  { dryRun, maxCommands = PURGE_BUDGET }: { dryRun: boolean; maxCommands?: number | undefined },
): Promise<PurgeStep> {
  // An entry takes one command at most: to replace it in its place.
  const budget = Math.max(1, Math.min(PURGE_BUDGET, maxCommands));
  const steps = splitCalls(pools).map((call) => purgeInOneCall(link, keys, call, budget, dryRun));
  return (await Promise.all(steps)).reduce(addSteps);
}

/** One call goes on with one pool at most, its first: the others it begins. */
function splitCalls(pools: OpenPool[]): OpenPool[][] {
  const calls: OpenPool[][] = [[]];
  for (const pool of pools) {
    if ((pool.from > 0 || pool.changed) && calls.at(-1)!.length > 0) calls.push([]);
    calls.at(-1)!.push(pool);
  }
  return calls;
}

async function purgeInOneCall(
  link: RedisLink,
  keys: Keys,
  pools: OpenPool[],
  budget: number,
  dryRun: boolean,
): Promise<PurgeStep> {
  const [first] = pools;
  const state = [first?.from ?? 0, first?.changed ? 1 : 0, first?.kept ? 1 : 0];
  const names = pools.map(({ openId }) => keys.pool(openId));
  const reply = await link.run(SCRIPTS.purgePools, names, [dryRun ? 1 : 0, budget, ...state]);
  const [scanned = 0, changed = 0, removed = 0, expired = 0, unreadable = 0, commands = 0, ...rest] =
    reply as number[];
  const open = pools.slice(scanned);
  const [from = 0, wasChanged, kept] = rest;
  if (open[0]) open[0] = { ...open[0], from, changed: wasChanged === 1, kept: kept === 1 };
  return { scanned, changed, removed, expired, unreadable, commands, open };
}

function addSteps(a: PurgeStep, b: PurgeStep): PurgeStep {
  return {
    scanned: a.scanned + b.scanned,
    changed: a.changed + b.changed,
    removed: a.removed + b.removed,
    expired: a.expired + b.expired,
    unreadable: a.unreadable + b.unreadable,
    commands: a.commands + b.commands,
    open: [...a.open, ...b.open],
  };
}
