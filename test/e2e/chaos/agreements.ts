import type { Api } from "./api.ts";
import type { Chance } from "./chance.ts";
import type { Case } from "./check-users.ts";
import type { Kind } from "./plan.ts";
import { candidates, renderEntry, type User } from "./pools.ts";
import { leftOf } from "./subscribe/check.ts";
import { drawConsentUser } from "./subscribe/consents.ts";
import type { UserKeys } from "./world.ts";

const TEMPLATE = "template-of-the-chaos";

/** A channel whose messages spend consents, and whose platform tells nothing of a message later. */
export interface Agreements {
  channel: string[];
  keys: UserKeys;
  populate(chance: Chance, count: number, now: number): User[];
  /** Tells the platform of those that hold. */
  grant(api: Api, users: readonly User[]): void;
}

const keysOf = (prefix: string): UserKeys => ({
  pool: (openId) => `mina:${prefix}:consent:{${openId}}:${TEMPLATE}`,
  ledger: (openId) => `mina:${prefix}:consent:{${openId}}:sends`,
});

const populateAs =
  (nameOf: (i: number) => string, refusedPercent?: number): Agreements["populate"] =>
  (chance, count, now) =>
    Array.from({ length: count }, (_, i) => drawConsentUser(chance, nameOf(i), now, refusedPercent));

const KINDS: Partial<Record<Kind, Agreements>> = {
  "baidu-subscribe": {
    channel: ["--channel", "baidu-subscribe"],
    keys: keysOf("baidu"),
    populate: populateAs((i) => `o${i}`),
    grant: ({ platform }, users) =>
      platform.baidu.subscribe(
        goodCodes(users).map(({ openId, id: subscribeId }) => ({
          openId,
          templateId: TEMPLATE,
          subscribeId,
        })),
      ),
  },
  "alipay-subscribe": {
    channel: ["--channel", "alipay-subscribe"],
    keys: keysOf("alipay"),
    // What Alipay answers where there is no consent is not known, so that it counts as failed.
    populate: populateAs((i) => `2088${1e11 + i}`, 0),
    grant: ({ platform }, users) => {
      for (const { openId } of goodCodes(users))
        platform.subscriptions.consents.grant({ openId, templateId: TEMPLATE, count: 1 });
    },
  },
};

export function agreementsOf(kind: Kind): Agreements | undefined {
  return KINDS[kind];
}

function goodCodes(users: readonly User[]): { openId: string; id: string }[] {
  return users.flatMap(({ openId, entries }) =>
    entries.flatMap(({ codes }) =>
      codes.filter(({ kind }) => kind === "good").map(({ formId }) => ({ openId, id: formId })),
    ),
  );
}

/** What is wrong with a user when all is over, one line each. */
export function checkAgreementUser({ user, left, deliveries }: Case): string[] {
  const { settled, pool, record } = left;
  const outcome = settled?.outcome;
  const [first] = candidates(user.entries);
  const got = deliveries.length > 0;
  // What an answer that was lost had said, nobody can know.
  const isHonest = got ? outcome === "sent" || outcome === "unknown" : outcome !== "sent";
  const expected =
    first?.code.kind === "good"
      ? ["sent", "unknown"]
      : first
        ? ["rejected", "unknown"]
        : ["no_code", undefined];
  // A refusal clears the pool, also one that does not say whether an earlier attempt arrived.
  const holds = [
    leftOf(user.entries, outcome),
    ...(outcome === "unknown" ? [leftOf(user.entries, "rejected")] : []),
  ];
  return [
    ...(deliveries.length > 1 ? [`got ${deliveries.length} messages`] : []),
    ...(isHonest ? [] : [got ? `got a message, but is ${outcome}` : "counted as sent, but got no message"]),
    ...(expected.includes(outcome) ? [] : [`is ${outcome}, not ${expected.join(" or ")}`]),
    ...(first && settled?.formId !== undefined && settled.formId !== first.code.formId
      ? [`the record names ${settled.formId}, which is not the oldest`]
      : []),
    ...(holds.some((entries) => JSON.stringify(entries.map(renderEntry)) === JSON.stringify(pool))
      ? []
      : [`the pool is ${JSON.stringify(pool)}`]),
    ...(record !== undefined && left.ledgerTtlMs <= 0 ? ["the ledger has no lifetime"] : []),
  ];
}
