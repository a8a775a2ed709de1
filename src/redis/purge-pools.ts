import type { OpenPool, PurgeStep } from "../pool/ports.ts";
import type { Keys } from "./keys.ts";
import type { RedisLink } from "./link.ts";
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
  const plan = (some: OpenPool[]) => ({
    keys: some.map(({ openId }) => keys.pool(openId)),
    args: [dryRun ? 1 : 0, budget, ...stateOf(some[0])],
  });
  const calls = splitCalls(pools).map((some) => link.runBatch(SCRIPTS.purgePools, some, plan, toSteps));
  const steps = (await Promise.all(calls)).flatMap((replies) => Array.from(replies));
  return steps.filter((step) => step !== undefined).reduce(addSteps);
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

function stateOf(first: OpenPool | undefined): number[] {
  return [first?.from ?? 0, first?.changed ? 1 : 0, first?.kept ? 1 : 0];
}

/** A call's reply is the sum over its pools; it stands for the first of them, and nothing for the others. */
function toSteps(reply: unknown, pools: OpenPool[]): (PurgeStep | undefined)[] {
  const [done = 0, others = 0, changed = 0, removed = 0, expired = 0, unreadable = 0, commands = 0, ...rest] =
    reply as number[];
  const open = pools.slice(done);
  const [from = 0, wasChanged, kept] = rest;
  if (open[0]) open[0] = { ...open[0], from, changed: wasChanged === 1, kept: kept === 1 };
  const step = { scanned: done - others, changed, removed, expired, unreadable, commands, open };
  return pools.map((_, i) => (i === 0 ? step : undefined));
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
