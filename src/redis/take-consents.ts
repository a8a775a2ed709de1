import { createHash } from "node:crypto";
import type { ConsentBook, Grant, GrantFate } from "../collector/ports.ts";
import { PushCliError } from "../errors.ts";
import { isConsentId } from "../pool/consent.ts";
import { poolName } from "../pool/consents/name.ts";
import { isTemplateId } from "../pool/template-id.ts";
import { toArg } from "./change-users.ts";
import { type ConsentPrefixes, createNameKeys } from "./consent-keys.ts";
import { readHeldConsents } from "./held-consents.ts";
import { isOpenId, type Keys } from "./keys.ts";
import type { RedisLink } from "./link.ts";
import { changesAllTheTime, MAX_CONFLICTS, otherType, REPORT_AGAIN } from "./other-type.ts";
import { createReceipts } from "./receipts.ts";
import { ENTRY_BUDGET, SCRIPTS, type ScriptArg } from "./scripts.ts";
import { withdrawConsents } from "./withdraw-consents.ts";

export interface ConsentBookOptions extends ConsentPrefixes {
  /** Maximum valid consents in a pool, not counting standing ones; undefined: unlimited. */
  cap?: number | undefined;
  /** Maximum age of a consent; undefined: any age. */
  maxAgeMs?: number | undefined;
  /** Ids of long-term templates: a consent to one of these is standing, until it is withdrawn. */
  standing: ReadonlySet<string>;
}

const FATES: Record<string, GrantFate> = {
  t: "taken",
  k: "known",
  p: "paired",
  o: "over_cap",
  e: "expired",
};

/** One template of a grant. */
interface Asked {
  templateId: string;
  name: string;
  /** What was read of its pool; "" for nothing. */
  held: ScriptArg;
  fate?: GrantFate;
}

/**
 * See `ConsentBook`. The event and the report of a prompt may arrive in any order, any number of times, and incompletely; for
 * each template:
 * - event and report, at most ten minutes apart: the second is `paired`, with the oldest one that is not yet paired; one
 *   alone is `taken`.
 * - the same again within a day is `known`, whatever was sent or withdrawn since; anything that arrives a day late is
 *   `expired`.
 * - event, withdrawal, report: the withdrawal removes the consent; the report's prompt was before it, so it adds nothing
 *   (`expired`).
 * - withdrawal, then event and report of a prompt before it: neither adds anything.
 * - a prompt after a withdrawal counts anew, and pairs only with an event or report that is also of a time after it;
 *   redelivery of the withdrawal changes nothing. A withdrawal's time is that of its first arrival, by Redis' clock: a
 *   consent given between the user's withdrawal and that arrival is lost. A withdrawal that arrives after a report whose
 *   delivery took longer than its stated age lets that report count once too often. Either costs at most one message, or one
 *   refused by the platform.
 * - above the cap nothing is remembered: reported again when there is room, it is taken.
 */
export function createConsentBook(link: RedisLink, options: ConsentBookOptions): ConsentBook {
  const keys = createNameKeys(options, undefined);
  const receipts = createReceipts(link, options);
  return {
    grant: async (grant) => {
      const asked = toAsked(grant.openId, grant.templateIds);
      for (let conflicts = 0; ; conflicts++) {
        const open = asked.filter(({ fate }) => fate === undefined);
        if (open.length === 0) return asked.map(({ fate }) => fate!);
        if (conflicts === MAX_CONFLICTS) throw changesAllTheTime(keys, open[0]!.name, REPORT_AGAIN);
        await grantOnce(link, keys, options, grant, open);
      }
    },
    withdraw: ({ openId, key, templateIds }) =>
      withdrawConsents(link, keys, toWord(key), toAsked(openId, templateIds)),
    receive: receipts.record,
  };
}

/** Enters the fates for the pools that the script could read; for the others, reads what they hold. */
async function grantOnce(
  link: RedisLink,
  keys: Keys,
  { cap, maxAgeMs = 0, standing }: ConsentBookOptions,
  { source, key, id: given, when }: Grant,
  asked: Asked[],
): Promise<void> {
  const letter = source === "event" ? "e" : "r";
  const word = toWord(key);
  const id = given ?? `${letter}:${word}`;
  if (!isConsentId(id)) throw unusable("id", id);
  const time = "atMs" in when ? [toMs(when.atMs), "-"] : ["-", toMs(when.ageMs)];
  const args: ScriptArg[] = [letter, word, ...time, maxAgeMs, cap ?? "-", ENTRY_BUDGET, id];
  for (const { templateId, held } of asked)
    args.push(`${templateId} ${standing.has(templateId) ? 1 : 0}`, held);
  const [{ name }] = asked as [Asked];
  const all = [keys.ledger(name), keys.seen(name), ...asked.map((one) => keys.pool(one.name))];
  const replies = (await link.run(SCRIPTS.takeConsents, all, args)) as string[];
  for (const [i, one] of asked.entries()) {
    const reply = replies[i]!;
    if (reply === "!" || reply === "#") throw otherType(keys, one.name, reply === "!");
    const fate = FATES[reply];
    if (fate) one.fate = fate;
    else one.held = await readHeld(link, keys, one.name, id, maxAgeMs || undefined);
  }
}

/** In the form that take-consents.lua expects. */
async function readHeld(
  link: RedisLink,
  keys: Keys,
  name: string,
  id: string,
  maxAgeMs: number | undefined,
): Promise<ScriptArg> {
  const [held] = await readHeldConsents(link, keys, [name], { nowMs: await link.now(), maxAgeMs });
  const { length, valid, ids, standing, last } = held!;
  return toArg(`${length} ${valid} ${ids.has(id) ? 1 : 0} ${standing ? 1 : 0}\n${last}`);
}

/** A key as part of a consent's id, so that it needs no escaping in entries and records. */
function toWord(key: string): string {
  return /^[\w.:-]{1,100}$/.test(key) ? key : createHash("sha256").update(key).digest("base64url");
}

function toMs(value: number): number {
  if (value >= 0) return Math.min(Math.floor(value), Number.MAX_SAFE_INTEGER);
  throw unusable("time", String(value));
}

/** Throws a usage error for names that can't be part of a key. */
function toAsked(openId: string, templateIds: readonly string[]): Asked[] {
  if (!isOpenId(openId)) throw unusable("openId", openId);
  return templateIds.map((templateId) => {
    if (!isTemplateId(templateId)) throw unusable("template id", templateId);
    return { templateId, name: poolName({ openId, templateId }), held: "" };
  });
}

function unusable(what: string, value: string): PushCliError {
  return new PushCliError("usage", `cannot accept a consent whose ${what} is '${value}'`);
}
