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

/** A pool with the piece of it that a step looks at. */
interface Look {
  pool: OpenPool;
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
  const looks = some.map((pool, i) => lookAt(pool, pieces[i] ?? [], terms));
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

function lookAt(pool: OpenPool, entries: string[], terms: Terms): Look {
  const edits = entries.flatMap((was, i): EntryEdit[] =>
    isExpired(was, terms) ? [{ index: pool.from + i, was, text: undefined }] : [],
  );
  return { pool, entries, edits };
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
  const { done, commands } = await changeUsers(
    link,
    keys,
    undefined,
    changes.map(({ pool, edits }) => ({ openId: pool.openId, edits })),
  );
  const failed = new Set(changes.filter((_, i) => done[i] !== true));
  return { done: looks.map((look) => !failed.has(look)), commands };
}

/** A piece that came up empty was the last one: slices are empty only at the end. */
function addLook(step: PurgeStep, { pool, entries, edits }: Look, dryRun: boolean): void {
  const expired = edits.length;
  step.expired += expired;
  step.unreadable += entries.filter((raw) => !readConsent(raw).readable).length;
  const changed = pool.changed || expired > 0;
  if (changed && !pool.changed) step.changed++;
  const kept = pool.kept || entries.length > expired;
  if (entries.length > 0) {
    const from = pool.from + entries.length - (dryRun ? 0 : expired);
    step.open.push({ openId: pool.openId, from, changed, kept });
    return;
  }
  step.scanned++;
  if (changed && !kept) step.removed++;
}
