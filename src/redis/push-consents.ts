import { type ConsentTerms, writeConsent } from "../pool/consent.ts";
import type { ConsentPush, ConsentPushReply } from "../pool/consents/ports.ts";
import { toArg } from "./change-users.ts";
import { type HeldConsents as Held, readHeldConsents } from "./held-consents.ts";
import type { Keys } from "./keys.ts";
import type { RedisLink } from "./link.ts";
import { changesAllTheTime, MAX_CONFLICTS } from "./other-type.ts";
import { SCRIPTS, type ScriptArg } from "./scripts.ts";

export interface PushTerms extends ConsentTerms {
  /** Maximum valid consents in a pool, not counting standing ones; undefined: unlimited. */
  cap: number | undefined;
  /** Only reads, and replies as if it had appended. */
  dryRun: boolean;
}

interface Item {
  /** "" for one that no message spends. */
  id: string;
  entry: string;
}

interface Pending {
  push: ConsentPush;
  reply: ConsentPushReply;
}

const CHANGED = "-";
const NOT_A_LIST = "!";

/**
 * See `ConsentStore.push`. Reads the pools and appends by a script that refuses if they have changed since: entries that
 * others write in any form are read by the one existing codec, and a pool of any length is read in pieces.
 */
export async function pushConsents(
  link: RedisLink,
  keys: Keys,
  pushes: readonly ConsentPush[],
  terms: PushTerms,
): Promise<ConsentPushReply[]> {
  const all = pushes.map((push): Pending => ({ push, reply: noReply() }));
  let pending = all;
  for (let conflicts = 0; pending.length > 0; conflicts++) {
    if (conflicts === MAX_CONFLICTS)
      throw changesAllTheTime(
        keys,
        pending[0]!.push.name,
        "import again: what the pool holds already is skipped",
      );
    pending = await pushOnce(link, keys, pending, terms);
  }
  return all.map(({ reply }) => reply);
}

function noReply(): ConsentPushReply {
  return { pushed: 0, known: 0, used: 0, capped: 0, notAList: false };
}

/** Returns the pools that have changed in between. */
async function pushOnce(
  link: RedisLink,
  keys: Keys,
  pending: Pending[],
  terms: PushTerms,
): Promise<Pending[]> {
  const lists = await readLists(link, keys, pending, terms);
  const plans = lists.map(({ pending, held }) => ({ pending, held, ...choose(pending.push, held, terms) }));
  for (const { pending, items, known, capped } of plans)
    if (items.length === 0) Object.assign(pending.reply, { known, capped });
  const some = plans.filter(({ items }) => items.length > 0);
  if (some.length === 0) return [];
  const replies = await link.runBatch(SCRIPTS.pushConsents, some, (users) => ({
    keys: keys.pairs(users.map((user) => user.pending.push.name)),
    args: [terms.dryRun ? 1 : 0, ...users.flatMap(toArgs)],
  }));
  return some.flatMap(({ pending, items, known, capped }, i) => {
    const text = String(replies[i]);
    if (text === CHANGED) return [pending];
    if (text === NOT_A_LIST) pending.reply.notAList = true;
    else {
      const used = text === "." ? 0 : text.split(",").length;
      Object.assign(pending.reply, { pushed: items.length - used, known, used, capped });
    }
    return [];
  });
}

function toArgs({ held, items }: { held: Held; items: Item[] }): ScriptArg[] {
  const args: ScriptArg[] = [held.length, toArg(held.last), items.length];
  for (const { id, entry } of items) args.push(id, toArg(entry));
  return args;
}

interface ReadPool {
  pending: Pending;
  held: Held;
}

/** Reading fails at a key of another type; such keys are then marked, and the others read alone. */
async function readLists(
  link: RedisLink,
  keys: Keys,
  pending: readonly Pending[],
  terms: ConsentTerms,
): Promise<ReadPool[]> {
  try {
    return await readHeld(link, keys, pending, terms);
  } catch (error) {
    const types = await link.call(
      Promise.all(pending.map(({ push }) => link.client.type(keys.pool(push.name)))),
    );
    const isOther = types.map((type) => type !== "list" && type !== "none");
    if (!isOther.includes(true)) throw error;
    for (const [i, { reply }] of pending.entries()) if (isOther[i]) reply.notAList = true;
    const lists = pending.filter((_, i) => !isOther[i]);
    return readHeld(link, keys, lists, terms);
  }
}

async function readHeld(
  link: RedisLink,
  keys: Keys,
  pending: readonly Pending[],
  terms: ConsentTerms,
): Promise<ReadPool[]> {
  const names = pending.map(({ push }) => push.name);
  const held = await readHeldConsents(link, keys, names, terms);
  return pending.map((one, i) => ({ pending: one, held: held[i]! }));
}

/** Chooses what of a push is still to be appended. A consent that comes twice counts as known the second time. */
function choose(
  { items: wanted }: ConsentPush,
  held: Held,
  { cap = Number.POSITIVE_INFINITY }: PushTerms,
): { items: Item[]; known: number; capped: number } {
  const items: Item[] = [];
  const [ids, others] = [new Set(held.ids), new Set(held.others)];
  let [known, capped, valid] = [0, 0, held.valid];
  for (const consent of wanted) {
    if (typeof consent === "string") {
      if (others.has(consent)) known++;
      else items.push({ id: "", entry: consent });
      others.add(consent);
    } else if (ids.has(consent.id)) known++;
    else if (!consent.standing && valid >= cap) capped++;
    else {
      ids.add(consent.id);
      if (!consent.standing) valid++;
      items.push({ id: consent.standing ? "" : consent.id, entry: writeConsent(consent) });
    }
  }
  return { items, known, capped };
}
