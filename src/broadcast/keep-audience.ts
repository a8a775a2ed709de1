import { PushCliError } from "../errors.ts";
import type { Audience, ListedAudience } from "./audience.ts";
import type { BroadcastDeps } from "./deps.ts";
import { type Choice, type Excluded, makeChoice } from "./policy.ts";
import type { AudienceOwner, BroadcastRecord, BroadcastStore } from "./record.ts";
import { SeenIds } from "./seen-ids.ts";
import { checkIdIsFree, idTaken } from "./taken-id.ts";

/** The lists of a broadcast that begins. */
interface Lists {
  audience: Audience;
  excluded?: Excluded | undefined;
}

/** Writes the record, after the lists: with partial lists, a resume would send to too few users, or too many. */
export async function enterRecord(
  deps: Pick<BroadcastDeps, "store" | "fateOf" | "clock">,
  record: BroadcastRecord,
  lists: Lists,
): Promise<void> {
  const { store } = deps;
  await checkIdIsFree(deps, record.id);
  await keepLists(store, record, lists);
  if (await store.create(record)) return;
  await dropKept(store, record);
  throw await idTaken(deps, record.id);
}

/**
 * Keeps a listed audience, the rows left out, and the openIds that a policy leaves out, in Redis, so that a resume
 * needs no file. If that fails, what was kept already is removed.
 */
async function keepLists(
  store: BroadcastStore,
  of: AudienceOwner,
  { audience, excluded }: Lists,
): Promise<void> {
  try {
    if (audience.kind === "list") await keepAudience(store, of, audience);
    let at = 0;
    for await (const openIds of excluded?.pages() ?? []) {
      await store.addExcluded(of, openIds, at);
      at += openIds.length;
    }
  } catch (error) {
    // It expires by itself where it can't be removed.
    await dropKept(store, of).catch(() => undefined);
    throw error;
  }
}

async function keepAudience(
  store: BroadcastStore,
  of: AudienceOwner,
  { pages, invalid }: ListedAudience,
): Promise<void> {
  let at = 0;
  for await (const page of pages()) {
    await store.addAudience(of, page, at);
    at += page.openIds.length;
  }
  at = 0;
  for await (const rows of invalid?.pages() ?? []) {
    await store.addInvalid(of, rows, at);
    at += rows.length;
  }
}

/** Removes what was kept for a record that was not created. */
async function dropKept(store: BroadcastStore, of: AudienceOwner): Promise<void> {
  await store.dropAudience(of);
  await store.dropInvalid(of);
  await store.dropExcluded(of);
}

/**
 * Loads a broadcast's policy; takes 21 to 43 bytes for each openId of its list. Rejects with `nothing` when that list
 * is gone. Once the audience was swept completely, nobody else is chosen, and the list is not kept.
 */
export async function loadChoice(
  store: Pick<BroadcastStore, "excluded">,
  record: Pick<BroadcastRecord, "id" | "firstRunId" | "policy" | "canary" | "recipients">,
): Promise<Choice | undefined> {
  const { policy, canary, recipients } = record;
  if (!policy) return canary && makeChoice({}, undefined);
  if (!policy.exclude || recipients !== undefined) return makeChoice(policy, undefined);
  const excluded = new SeenIds();
  let count = 0;
  for await (const openIds of store.excluded(record)) {
    for (const openId of openIds) excluded.see(openId, "");
    count += openIds.length;
  }
  if (count === policy.exclude) return makeChoice(policy, excluded);
  throw new PushCliError("nothing", `the --exclude-file of broadcast '${record.id}' is gone from Redis`, {
    hint: `without it, the excluded users would get the message; start a new broadcast with --exclude-file and --exclude-broadcast ${record.id}`,
  });
}
