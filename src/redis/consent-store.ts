import { poolName, poolOfName } from "../pool/consents/name.ts";
import type { ConsentStore } from "../pool/consents/ports.ts";
import type { PassedOver, SweepOptions } from "../pool/ports.ts";
import { type ConsentPrefixes, createConsentPoolKeys, createNameKeys } from "./consent-keys.ts";
import { showKey } from "./java-keys.ts";
import { escapeGlob, type Keys } from "./keys.ts";
import type { RedisLink } from "./link.ts";
import { createPoolStore } from "./pool-store.ts";
import { purgePools } from "./purge-pools.ts";
import { pushConsents } from "./push-consents.ts";
import { scanKeys } from "./scan.ts";

export interface ConsentStoreOptions extends ConsentPrefixes {
  /** Only the pools of this template; undefined: of all templates. */
  templateId?: string | undefined;
  maxAgeMs?: number | undefined;
  cap?: number | undefined;
}

/** Throws a usage error for an invalid template id. */
export function createConsentStore(link: RedisLink, options: ConsentStoreOptions): ConsentStore {
  const { templateId, maxAgeMs, cap } = options;
  const keys = createNameKeys(options, templateId);
  const { keyOf, read, slice, removeEntries, now } = createPoolStore(link, keys);
  const isBeside = createConsentPoolKeys(options).isBeside;
  let passed: PassedOver = { keys: 0, pools: 0, odd: 0 };
  const store: ConsentStore = {
    maxAgeMs,
    keyOf,
    read,
    slice,
    removeEntries,
    now,
    get passedOver() {
      return passed;
    },
    sweep: (sweep = {}) => {
      passed = { keys: 0, pools: 0, odd: 0 };
      return sweepNames(link, keys, sweep, passed, isBeside);
    },
    poolsOf: (openIds) =>
      templateId === undefined
        ? findPools(store, openIds)
        : Promise.resolve(openIds.map((openId) => poolName({ openId, templateId }))),
    push: async (pools, { dryRun = false } = {}) =>
      pushConsents(link, keys, pools, { nowMs: await link.now(), maxAgeMs, cap, dryRun }),
    // Without a maximum age no consent expires: none is older than this.
    purge: (pools, options) =>
      purgePools(link, keys, pools, { ...options, maxAgeMs: maxAgeMs ?? Number.MAX_SAFE_INTEGER }),
  };
  return store;
}

async function* sweepNames(
  link: RedisLink,
  keys: Keys,
  { match = "*", turn, anyType }: SweepOptions,
  passed: PassedOver,
  isBeside: (key: string | Buffer) => boolean,
): AsyncGenerator<string[]> {
  const type = anyType ? undefined : "list";
  for await (const page of scanKeys(link, keys.poolsLike(match), type, turn)) {
    const names: string[] = [];
    for (const key of page) {
      const name = keys.openIdOfPool(key);
      if (name !== undefined) names.push(name);
      else if (!isBeside(key)) {
        passed.keys++;
        passed.example ??= showKey(key);
      }
    }
    passed.pools += names.length;
    if (names.length > 0) yield names;
  }
}

/** A user's keys share a tag: one pattern finds those of one user, one sweep those of several. */
async function findPools(store: ConsentStore, openIds: readonly string[]): Promise<string[]> {
  const [only = ""] = openIds;
  const wanted = new Set(openIds);
  const names = new Set<string>();
  const match = openIds.length === 1 ? escapeGlob(only) : undefined;
  for await (const page of store.sweep({ match }))
    for (const name of page) if (wanted.has(poolOfName(name).openId)) names.add(name);
  // Users in the order in which they were requested, and each user's templates by id.
  const order = new Map(openIds.map((openId, i) => [openId, i]));
  const rank = (name: string) => order.get(poolOfName(name).openId) ?? 0;
  return [...names].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}
