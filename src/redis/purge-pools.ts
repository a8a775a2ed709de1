import { dropExpired, type EntryEdit } from "../pool/find-code.ts";
import { dropExpiredConsent } from "../pool/find-consent.ts";
import type { OpenPool, PurgeStep } from "../pool/ports.ts";
import { changeUsers, type UserChange } from "./change-users.ts";
import type { Keys } from "./keys.ts";
import type { RedisLink } from "./link.ts";
import { Measured, type PoolReading, toPool } from "./read-users.ts";
import { PURGE_BUDGET, SCRIPTS } from "./scripts.ts";

/** A pool that is to be read here, from where the script has stopped. */
interface Handed {
  pool: OpenPool;
  reading: PoolReading;
  nowMs: number;
}

interface Call {
  step: PurgeStep;
  handed: Handed[];
}

export interface PurgeTerms {
  dryRun: boolean;
  maxCommands?: number | undefined;
  /** Maximum age if the pools hold consents, ms; absent if they hold codes. */
  maxAgeMs?: number | undefined;
}

/** One bounded step of a purge; see `PoolStore.purge`. */
export async function purgePools(
  link: RedisLink,
  keys: Keys,
  pools: OpenPool[],
  terms: PurgeTerms,
): Promise<PurgeStep> {
  const { dryRun, maxCommands = PURGE_BUDGET, maxAgeMs = 0 } = terms;
  // An entry takes at most one command: to replace it in place.
  const budget = Math.max(1, Math.min(PURGE_BUDGET, maxCommands));
  const plan = (some: OpenPool[]) => ({
    keys: some.map(({ openId }) => keys.pool(openId)),
    args: [dryRun ? 1 : 0, budget, ...stateOf(some[0]), maxAgeMs],
  });
  const calls = splitCalls(pools).map((some) => link.runBatch(SCRIPTS.purgePools, some, plan, toCalls));
  const replies = (await Promise.all(calls))
    .flatMap((some) => Array.from(some))
    .filter((call) => call !== undefined);
  const step = replies.map((call) => call.step).reduce(addSteps);
  const handed = replies.flatMap((call) => call.handed);
  return handed.length === 0 ? step : addSteps(step, await purgeHanded(link, keys, handed, terms));
}

/** One call continues at most one pool, its first; it begins the others. */
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

/** A call's reply is the sum over its pools; it is assigned to the first of them, and undefined to the others. */
function toCalls(reply: unknown, pools: OpenPool[]): (Call | undefined)[] {
  const [lines, blob] = (reply as [...number[], Buffer, Buffer]).slice(-2) as [Buffer, Buffer];
  const [done = 0, others = 0, changed = 0, removed = 0, expired = 0, commands = 0, ...rest] =
    reply as number[];
  const [from = 0, wasChanged, kept, nowMs = 0] = rest;
  const open = pools.slice(done);
  if (open[0]) open[0] = { ...open[0], from, changed: wasChanged === 1, kept: kept === 1 };
  const handed = toHanded(lines, new Measured(blob), pools, nowMs);
  const scanned = done - others - handed.length;
  const step = { scanned, changed, removed, expired, unreadable: 0, commands, open };
  return pools.map((_, i) => (i === 0 ? { step, handed } : undefined));
}

function toHanded(lines: Buffer, bytes: Measured, pools: OpenPool[], nowMs: number): Handed[] {
  if (lines.length === 0) return [];
  return lines
    .toString("latin1")
    .split("\n")
    .map((line) => {
      const [number, from, changed, kept, ...piece] = line.split(" ");
      const pool = {
        ...pools[Number(number) - 1]!,
        from: Number(from),
        changed: changed === "1",
        kept: kept === "1",
      };
      return { pool, reading: toPool(piece, bytes), nowMs };
    });
}

/** The result for a piece of a pool. */
interface Piece {
  pool: OpenPool;
  edits: EntryEdit[];
  /** Entries that are removed entirely. */
  removed: number;
  expired: number;
  unreadable: number;
  /** Whether an entry that stays was found, here or before. */
  kept: boolean;
  length: number;
  ended: boolean;
}

/** Removes what is expired from pools that were read, if they have not changed since: the others stay open. */
async function purgeHanded(
  link: RedisLink,
  keys: Keys,
  handed: Handed[],
  { dryRun, maxAgeMs }: PurgeTerms,
): Promise<PurgeStep> {
  const pieces = handed.map((one) => toPiece(one, maxAgeMs));
  const changing = dryRun ? [] : pieces.filter(({ edits }) => edits.length > 0);
  const { done, commands } = await changeUsers(link, keys, undefined, changing.map(toChange));
  const failed = new Set(changing.filter((_, i) => !done[i]));
  const none: PurgeStep = {
    scanned: 0,
    changed: 0,
    removed: 0,
    expired: 0,
    unreadable: 0,
    commands,
    open: [],
  };
  return pieces
    .map((piece) =>
      failed.has(piece) ? { ...none, open: [piece.pool], commands: 0 } : toStep(piece, dryRun),
    )
    .reduce(addSteps, none);
}

function toPiece({ pool, reading, nowMs }: Handed, maxAgeMs: number | undefined): Piece {
  const drop = (was: string) =>
    maxAgeMs === undefined ? dropExpired(was, nowMs) : dropExpiredConsent(was, { nowMs, maxAgeMs });
  const edits: EntryEdit[] = [];
  let [expired, unreadable, stays] = [0, 0, 0];
  for (const [i, was] of reading.entries.entries()) {
    const rest = was === undefined ? undefined : drop(was);
    if (!rest) unreadable++;
    if (!rest || rest.text !== undefined) stays++;
    if (!rest || was === undefined || rest.expired === 0) continue;
    expired += rest.expired;
    edits.push({ index: pool.from + i, was, text: rest.text });
  }
  const removed = reading.entries.length - stays;
  const length = pool.from + reading.entries.length;
  return {
    pool,
    edits,
    removed,
    expired,
    unreadable,
    kept: pool.kept || stays > 0,
    length,
    ended: reading.ended,
  };
}

function toChange({ pool: { openId }, edits, kept, ended, length }: Piece): UserChange {
  // A pool that becomes empty is reported as removed.
  return { openId, edits, ...(ended && !kept ? { length } : {}) };
}

function toStep(
  { pool, edits, removed, expired, unreadable, kept, length, ended }: Piece,
  dryRun: boolean,
): PurgeStep {
  const changed = pool.changed || edits.length > 0;
  const from = dryRun ? length : length - removed;
  return {
    scanned: ended ? 1 : 0,
    changed: changed && !pool.changed ? 1 : 0,
    removed: ended && changed && !kept ? 1 : 0,
    expired,
    unreadable,
    commands: 0,
    open: ended ? [] : [{ ...pool, from, changed, kept }],
  };
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
