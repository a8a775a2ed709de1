import type { Redis } from "ioredis";
import { TEMPLATES } from "../../../sandbox/api.ts";
import type { Api } from "../api.ts";
import type { Chance } from "../chance.ts";
import type { Plan } from "../plan.ts";
import type { Entry, User } from "../pools.ts";
import type { UserKeys } from "../world.ts";

const TEMPLATE = TEMPLATES.activity;
/** Another one, whose consents the broadcast has to leave alone. */
const OTHER = TEMPLATES.order;
const OTHER_ENTRY = JSON.stringify({ consent: "other", at: 1_600_000_000_000 });

const HOUR_MS = 3_600_000;
const CONSENTS_A_USER = { 0: 6, 1: 50, 2: 25, 3: 12 };

export const CHANNEL = ["--channel", "wechat-subscribe"];

export const CONSENT_KEYS: UserKeys = {
  pool: (openId) => `mina:consent:{${openId}}:${TEMPLATE}`,
  ledger: (openId) => `mina:consent:{${openId}}:sends`,
};

/** A part of the audience, as fast as it goes: receipts are to come before the rest. */
export function subscribeFlags({ limit }: Plan): string[] {
  const fields = ["--field", "thing1=奶茶", "time2=10:00", "thing3=人民广场店"];
  return [TEMPLATE, ...fields, "--no-preflight", "--limit", String(limit), "--rate", "100000/s"];
}

/** Users with nought to three consents; some have withdrawn theirs, which their pools don't know. */
export function populateConsents(chance: Chance, count: number, now: number): User[] {
  return Array.from({ length: count }, (_, i) => drawConsentUser(chance, `o${i}`, now));
}

/** With nought to three consents, which may have been withdrawn. */
export function drawConsentUser(chance: Chance, openId: string, now: number, refusedPercent = 4): User {
  const kind = chance.hit(refusedPercent) ? "refused" : "good";
  const entries = Array.from({ length: Number(chance.weigh(CONSENTS_A_USER)) }, (_, i): Entry => {
    const at = now - chance.int(1, 1000) * HOUR_MS;
    return { form: "consent", codes: [{ kind, formId: `${openId}-${i}`, expire: at }] };
  });
  if (chance.hit(4)) {
    const unreadable: Entry = { form: "unreadable", codes: [], bytes: "not json at all" };
    entries.splice(chance.int(0, entries.length), 0, unreadable);
  }
  return { openId, entries, pushed: [] };
}

/** Tells the platform of those that hold, and gives every user one for another template. */
export async function seedConsents(client: Redis, { platform }: Api, users: readonly User[]): Promise<void> {
  const pipeline = client.pipeline();
  for (const { openId, entries } of users) {
    const count = entries.filter(({ codes }) => codes[0]?.kind === "good").length;
    if (count > 0) platform.subscriptions.consents.grant({ openId, templateId: TEMPLATE, count });
    pipeline.rpush(otherPool(openId), OTHER_ENTRY);
  }
  await pipeline.exec();
}

/** Users whose consents for another template are not what they were. */
export async function findRobbed(client: Redis, openIds: readonly string[]): Promise<string[]> {
  const pipeline = client.pipeline();
  for (const openId of openIds) pipeline.lrange(otherPool(openId), 0, -1);
  const pools = (await pipeline.exec()) ?? [];
  return openIds.filter((_, i) => JSON.stringify(pools[i]?.[1]) !== JSON.stringify([OTHER_ENTRY]));
}

function otherPool(openId: string): string {
  return `mina:consent:{${openId}}:${OTHER}`;
}
