import type { Api } from "./api.ts";
import type { Chance } from "./chance.ts";
import type { Case } from "./check-users.ts";
import type { Kind } from "./plan.ts";
import { type Entry, renderEntry, type User } from "./pools.ts";
import type { UserKeys } from "./world.ts";

const TEMPLATE = "template-of-the-chaos";
const HOUR_MS = 3_600_000;
/** Requests before the outcome is called unknown (design, section 5). */
const MAX_ATTEMPTS = 8;

/** A channel of which a message spends nothing, and an attempt without an outcome is repeated. */
export interface Standing {
  channel: string[];
  message: string[];
  keys: UserKeys;
  /** Users are listed: nothing is pooled. */
  isListed: boolean;
  /** Users who may be sent to (`good`), and others. */
  populate(chance: Chance, count: number, now: number): User[];
  /** Tells the platform who may be sent to. */
  grant(api: Api, users: readonly User[]): void;
}

const KINDS: Partial<Record<Kind, Standing>> = {
  qq: {
    channel: ["--channel", "qq-subscribe"],
    message: [TEMPLATE, "--keywords", "a,b"],
    keys: {
      pool: (openId) => `mina:qq:consent:{${openId}}:${TEMPLATE}`,
      ledger: (openId) => `mina:qq:consent:{${openId}}:sends`,
    },
    isListed: false,
    populate: (chance, count, now) =>
      drawUsers(chance, count, (kind, openId): Entry[] => {
        const code = { kind, formId: `c-${openId}`, expire: now - chance.int(1, 1000) * HOUR_MS };
        return chance.hit(5) ? [] : [{ form: "standing", codes: [code] }];
      }),
    grant: ({ platform }, users) => {
      for (const { openId } of users.filter(isGood))
        platform.qq.grant({ openId, templateId: TEMPLATE, standing: true });
    },
  },
  official: {
    channel: ["--channel", "wechat-mp"],
    message: [TEMPLATE, "--field", "thing1=a"],
    keys: {
      pool: (openId) => `mina:mp:{${openId}}:${TEMPLATE}`,
      ledger: (openId) => `mina:mp:{${openId}}:sends`,
    },
    isListed: true,
    // Nothing of it is in Redis: it tells followers from others.
    populate: (chance, count) =>
      drawUsers(chance, count, (kind): Entry[] =>
        kind === "good" ? [{ form: "none", codes: [{ kind, formId: "-", expire: 0 }] }] : [],
      ),
    grant: ({ platform }, users) =>
      platform.officialAccount.setFollows(
        users.filter(isGood).map(({ openId }) => openId),
        true,
      ),
  },
};

export function standingOf(kind: Kind): Standing | undefined {
  return KINDS[kind];
}

function drawUsers(
  chance: Chance,
  count: number,
  entriesOf: (kind: "good" | "refused", openId: string) => Entry[],
): User[] {
  return Array.from({ length: count }, (_, i) => {
    const openId = `o${i}`;
    return { openId, entries: entriesOf(chance.hit(4) ? "refused" : "good", openId), pushed: [] };
  });
}

function isGood({ entries }: User): boolean {
  return entries[0]?.codes[0]?.kind === "good";
}

/** What is wrong with a user when all is over, one line each. */
export function checkStandingUser({ user, left, addressed, deliveries }: Case): string[] {
  const { settled, pool, record } = left;
  if (!addressed)
    return deliveries.length > 0 || record !== undefined ? ["not in the audience, and was met"] : [];
  const outcome = settled?.outcome;
  const expected = user.entries.filter(({ form }) => form !== "none").map(renderEntry);
  const holds = outcome === "rejected" ? [] : expected;
  const wasTriedToTheEnd = outcome === "unknown" && (settled?.attempts ?? 0) >= MAX_ATTEMPTS;
  return [
    ...(deliveries.length > 1 ? [`got ${deliveries.length} messages`] : []),
    ...(deliveries.length > 0 && outcome !== "sent" && !wasTriedToTheEnd
      ? [`got a message, but is ${outcome} after ${settled?.attempts} attempts`]
      : []),
    ...(deliveries.length === 0 && outcome === "sent" ? ["counted as sent, but got no message"] : []),
    ...(isGood(user) && deliveries.length === 0 && !wasTriedToTheEnd
      ? [`may be sent to, but is ${outcome}`]
      : []),
    ...(JSON.stringify(pool) === JSON.stringify(holds) ? [] : [`the pool is ${JSON.stringify(pool)}`]),
    ...(record !== undefined && left.ledgerTtlMs <= 0 ? ["the ledger has no lifetime"] : []),
  ];
}
