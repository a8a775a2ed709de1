import { type ConsentTerms, consentState, readConsent } from "../pool/consent.ts";
import type { EntryEdit } from "../pool/find-code.ts";
import type { OpenPool, PurgeStep } from "../pool/ports.ts";
import { changeUsers } from "./change-users.ts";
import type { Keys } from "./keys.ts";
import type { RedisLink } from "./link.ts";
import { slicePools } from "./read-pools.ts";

/** Entries that are looked at in one step, in all pools together. */
const STEP_ENTRIES = 1200;

interface Terms extends ConsentTerms {
  dryRun: boolean;
  maxCommands: number | undefined;
}

/** Pools in one call of the script that takes entries out; the calls go one after the other, with room for others between. */
const CALL_POOLS = 40;

/** A shorter piece than was asked for ends its pool, unless it is so heavy that it may have been cut. */
const LIGHT_BYTES = 16_384;

/** A pool with the piece of it that a step looks at. */
interface Look {
  pool: OpenPool;
  isEnd: boolean;
  entries: string[];
  edits: EntryEdit[];
}

/**
 * One bounded step of a purge: consents beyond the maximum age go, taken out where they were read by the script that compares
 * first. A pool that has changed in between is looked at again in another step.
 */
export async function purgeConsents(
  link: RedisLink,
  keys: Keys,
  pools: OpenPool[],
  terms: Terms,
): Promise<PurgeStep> {
  const budget = Math.max(1, Math.min(STEP_ENTRIES, terms.maxCommands ?? STEP_ENTRIES));
  const some = pools.slice(0, budget);
  const count = Math.max(1, Math.floor(budget / some.length));
  const pieces = await slicePools(
    link,
    keys,
    some.map(({ openId, from }) => ({ openId, from, count })),
  );
  const looks = some.map((pool, i) => lookAt(pool, pieces[i] ?? [], count, terms));
  const { done, commands } = await takeOut(link, keys, looks, terms.dryRun);
  const step: PurgeStep = {
    scanned: 0,
    changed: 0,
    removed: 0,
    expired: 0,
    unreadable: 0,
    commands,
    open: [],
  };
  // A pool is read by a script with one command.
  step.commands += 2 * some.length;
  for (const [i, look] of looks.entries()) {
    if (done[i]) addLook(step, look, terms.dryRun);
    else step.open.push(look.pool);
  }
  step.open.push(...pools.slice(some.length));
  return step;
}

function lookAt(pool: OpenPool, entries: string[], count: number, terms: Terms): Look {
  const edits = entries.flatMap((was, i): EntryEdit[] =>
    isExpired(was, terms) ? [{ index: pool.from + i, was, text: undefined }] : [],
  );
  const isLight = entries.reduce((bytes, raw) => bytes + raw.length, 0) < LIGHT_BYTES;
  return { pool, isEnd: entries.length === 0 || (entries.length < count && isLight), entries, edits };
}

function isExpired(raw: string, terms: ConsentTerms): boolean {
  const entry = readConsent(raw);
  return entry.readable && consentState(entry.consent, terms) === "expired";
}

/** For each pool, whether nothing stands in the way of what was seen in it. */
async function takeOut(
  link: RedisLink,
  keys: Keys,
  looks: Look[],
  dryRun: boolean,
): Promise<{ done: boolean[]; commands: number }> {
  const changes = dryRun ? [] : looks.filter(({ edits }) => edits.length > 0);
  const failed = new Set<Look>();
  let commands = 0;
  for (let at = 0; at < changes.length; at += CALL_POOLS) {
    const some = changes.slice(at, at + CALL_POOLS);
    const users = some.map(({ pool, edits }) => ({ openId: pool.openId, edits }));
    const made = await changeUsers(link, keys, undefined, users);
    commands += made.commands;
    for (const [i, look] of some.entries()) if (!made.done[i]) failed.add(look);
  }
  return { done: looks.map((look) => !failed.has(look)), commands };
}

function addLook(step: PurgeStep, { pool, isEnd, entries, edits }: Look, dryRun: boolean): void {
  const expired = edits.length;
  step.expired += expired;
  step.unreadable += entries.filter((raw) => !readConsent(raw).readable).length;
  const changed = pool.changed || expired > 0;
  if (changed && !pool.changed) step.changed++;
  const kept = pool.kept || entries.length > expired;
  if (!isEnd) {
    const from = pool.from + entries.length - (dryRun ? 0 : expired);
    step.open.push({ openId: pool.openId, from, changed, kept });
    return;
  }
  step.scanned++;
  if (changed && !kept) step.removed++;
}
