import { consentState, readConsent } from "../../../pool/consent.ts";
import { toConsentEntryLine } from "../../../pool/consents/export.ts";
import { poolOfName } from "../../../pool/consents/name.ts";
import { type EntryKind, planRemoval, UNREADABLE } from "../../../pool/remove.ts";
import type { ConsentStores, Deps } from "../../deps.ts";
import { listOpenIds } from "../../open-ids.ts";
import { type RemovalTarget, UNDONE } from "../remove-talk.ts";
import { noConsents } from "./common.ts";

/** What `pool remove` finds of consents: the pools for a template, or all that the users have. */
export async function findConsentPools(
  deps: Deps,
  { pools, toOpenId }: ConsentStores,
  words: string[],
): Promise<RemovalTarget> {
  const openIds = await listOpenIds(deps, words, { undone: UNDONE, toOpenId });
  const kind = consentKind(pools.maxAgeMs);
  const planned = await planRemoval(pools, await pools.poolsOf(openIds), kind);
  const plan = planned.filter(({ entries }) => entries > 0);
  const having = new Set(plan.map((pool) => poolOfName(pool.openId).openId));
  const missing = openIds.filter((openId) => !having.has(openId));
  return {
    store: pools,
    kind,
    plan,
    missing,
    nameOf: (name) => {
      const { openId, templateId } = poolOfName(name);
      return `${openId}  ${templateId}`;
    },
    missed: (openId) => `no consents under '${pools.keyOf(openId)}'`,
    none: async () => noConsents(pools, missing[0]),
  };
}

function consentKind(maxAgeMs: number | undefined): EntryKind {
  return {
    states: ["valid", "standing", "expired", UNREADABLE],
    statesOf: (raw, nowMs) => {
      const entry = readConsent(raw);
      return [entry.readable ? consentState(entry.consent, { nowMs, maxAgeMs }) : UNREADABLE];
    },
    toLine: toConsentEntryLine,
  };
}
