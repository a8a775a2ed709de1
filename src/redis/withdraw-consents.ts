import { readConsent } from "../pool/consent.ts";
import { type EntryKind, removePools } from "../pool/remove.ts";
import type { Keys } from "./keys.ts";
import type { RedisLink } from "./link.ts";
import { otherType } from "./other-type.ts";
import { createPoolStore } from "./pool-store.ts";
import { ENTRY_BUDGET, SCRIPTS, type ScriptArg } from "./scripts.ts";

interface Withdrawn {
  templateId: string;
  /** The name of its pool. */
  name: string;
}

const CONSENT = "consent";

/** Bytes that are not a consent count as `unreadable`, and stay. */
const KIND: EntryKind = {
  states: [CONSENT, "unreadable"],
  statesOf: (raw) => [readConsent(raw).readable ? CONSENT : "unreadable"],
  toLine: () => undefined,
};

/**
 * See `ConsentBook.withdraw`. Pools of plain consents take one call. Others are cleared in steps by comparison, and only then
 * does the withdrawal count as known: an interrupted one is repeated.
 */
export async function withdrawConsents(
  link: RedisLink,
  keys: Keys,
  word: string,
  templates: readonly Withdrawn[],
): Promise<number[]> {
  if (templates.length === 0) return [];
  const replies = await callScript(link, keys, word, templates, false);
  const counts: number[] = [];
  for (const [i, one] of templates.entries()) counts.push(await toCount(link, keys, one, replies[i]!));
  const cleared = templates.filter((_, i) => replies[i] === "?");
  if (cleared.length > 0) await callScript(link, keys, word, cleared, true);
  return counts;
}

async function callScript(
  link: RedisLink,
  keys: Keys,
  word: string,
  templates: readonly Withdrawn[],
  isCleared: boolean,
): Promise<string[]> {
  const args: ScriptArg[] = [word, ENTRY_BUDGET];
  for (const { templateId } of templates) args.push(templateId, isCleared ? 1 : 0);
  const all = [keys.seen(templates[0]!.name), ...templates.map(({ name }) => keys.pool(name))];
  const replies = (await link.run(SCRIPTS.withdrawConsents, all, args)) as string[];
  const odd = replies.findIndex((reply) => reply === "!" || reply === "#");
  if (odd >= 0) throw otherType(keys, templates[odd]!.name, replies[odd] === "!");
  return replies;
}

async function toCount(link: RedisLink, keys: Keys, { name }: Withdrawn, reply: string): Promise<number> {
  if (reply === "k") return 0;
  return reply === "?" ? clearPool(link, keys, name) : Number(reply);
}

async function clearPool(link: RedisLink, keys: Keys, name: string): Promise<number> {
  const entries = await link.call(link.client.llen(keys.pool(name)));
  const { signal } = new AbortController();
  const options = { keepUnreadable: true, kind: KIND, signal };
  const totals = await removePools(createPoolStore(link, keys), [{ openId: name, entries }], options);
  return totals.codesRemoved[CONSENT] ?? 0;
}
