import { PushCliError } from "../errors.ts";
import { isOpenId } from "../pool/open-id.ts";

export { isOpenId };

/** A key with bytes that are no text is a Buffer. */
export type RedisKey = string | Buffer;

/** Every Redis key of push-cli is made here and nowhere else; a test pins the literal strings. */
export interface Keys {
  pool(openId: string): RedisKey;
  /** Same cluster slot as the pool. */
  ledger(openId: string): RedisKey;
  /** What the collector has taken in of a user lately, beside the ledger. */
  seen(openId: string): RedisKey;
  /** Pool, ledger of the first, pool, ledger of the second: as scripts take them. */
  pairs(openIds: string[]): RedisKey[];
  /** A pool's key as messages have it; of "*", those of all pools. */
  shownPool(openId: string): string;
  broadcast(id: string): string;
  /** Written by the first run before there is a record, so that two that want the same id don't mix. */
  audience(id: string, firstRunId: string): string;
  /** Rows of a listed audience that were left out. */
  invalid(id: string, firstRunId: string): string;
  /** The openIds that a policy leaves out by a list. */
  excluded(id: string, firstRunId: string): string;
  run(id: string, runId: string): string;
  readonly broadcasts: string;
  /** Who must not get any message. */
  readonly suppressed: string;
  accessToken(appid: string): string;
  /** The account's template list. */
  templates(appid: string): string;
  lock(name: string): string;
  /** SCAN patterns. */
  readonly anyPool: RedisKey;
  /** The pools whose openId matches a glob pattern. */
  poolsLike(openIdPattern: string): RedisKey;
  readonly anyLedger: RedisKey;
  /** The openId of a pool or ledger key; undefined when the key is neither, or its openId can't be used. */
  openIdOfPool(key: RedisKey): string | undefined;
  openIdOfLedger(key: RedisKey): string | undefined;
  /** The openId that a text names: an openId, or the key of its pool or ledger as redis-cli shows it. */
  toOpenId(text: string): string | undefined;
  /** The ACL pattern for all keys of a key's kind; undefined when it is none of ours. */
  aclPatternOf(key: string): string | undefined;
}

export interface KeyPrefixes {
  /** `mina:` by default. */
  keyPrefix: string;
  /** `mina:openid:` by default. */
  poolPrefix: string;
  /** What a pool's key has behind the openId: nothing by default. */
  poolSuffix?: string | undefined;
}

const LEDGER_SUFFIX = ":sends";
export const SEEN_SUFFIX = ":seen";
const OWN_KINDS = ["broadcast", "suppressed", "access_token:", "templates:", "lock:"];

export function createKeys({ keyPrefix, poolPrefix, poolSuffix = "" }: KeyPrefixes): Keys {
  checkBraces("pool prefix", poolPrefix, poolSuffix);
  const tagged = isTagged({ poolPrefix, poolSuffix });
  const ledgerPrefix = tagged ? poolPrefix : `{${poolPrefix}`;
  const ledgerSuffix = `${poolSuffix}${tagged ? "" : "}"}${LEDGER_SUFFIX}`;
  return buildKeys({ keyPrefix, poolPrefix, poolSuffix, ledgerPrefix, ledgerSuffix });
}

/** What stands around an openId in the keys of its pool and of its ledger. */
interface Affixes {
  keyPrefix: string;
  poolPrefix: string;
  poolSuffix: string;
  ledgerPrefix: string;
  ledgerSuffix: string;
}

export function buildKeys({ keyPrefix, poolPrefix, poolSuffix, ledgerPrefix, ledgerSuffix }: Affixes): Keys {
  checkBraces("key prefix", keyPrefix);
  const broadcast = (id: string) => `${keyPrefix}broadcast:${id}`;
  const poolsLike = (pattern: string) => `${escapeGlob(poolPrefix)}${pattern}${escapeGlob(poolSuffix)}`;
  const anyLedger = `${escapeGlob(ledgerPrefix)}*${escapeGlob(ledgerSuffix)}`;
  const openIdOfPool = (key: RedisKey) => openIdBetween(key.toString(), poolPrefix, poolSuffix);
  const openIdOfLedger = (key: RedisKey) => openIdBetween(key.toString(), ledgerPrefix, ledgerSuffix);
  // Only what an openId can't begin with is surely a prefix.
  const isTelling = /[^\w-]/.test(poolPrefix + poolSuffix);
  const pool = (openId: string) => `${poolPrefix}${openId}${poolSuffix}`;
  const ledger = (openId: string) => `${ledgerPrefix}${openId}${ledgerSuffix}`;
  const seenSuffix = `${ledgerSuffix.slice(0, -LEDGER_SUFFIX.length)}${SEEN_SUFFIX}`;
  return {
    pool,
    shownPool: pool,
    ledger,
    seen: (openId) => `${ledgerPrefix}${openId}${seenSuffix}`,
    pairs: (openIds) => pairKeys(openIds, pool, ledger),
    broadcast,
    audience: (id, firstRunId) => `${broadcast(id)}:audience:${firstRunId}`,
    invalid: (id, firstRunId) => `${broadcast(id)}:invalid:${firstRunId}`,
    excluded: (id, firstRunId) => `${broadcast(id)}:excluded:${firstRunId}`,
    run: (id, runId) => `${broadcast(id)}:run:${runId}`,
    broadcasts: `${keyPrefix}broadcasts`,
    suppressed: `${keyPrefix}suppressed`,
    accessToken: (appid) => `${keyPrefix}access_token:${appid}`,
    templates: (appid) => `${keyPrefix}templates:${appid}`,
    lock: (name) => `${keyPrefix}lock:${name}`,
    anyPool: poolsLike("*"),
    anyLedger,
    poolsLike,
    openIdOfPool,
    openIdOfLedger,
    toOpenId: (text) =>
      (isTelling ? (openIdOfLedger(text) ?? openIdOfPool(text)) : undefined) ??
      (isOpenId(text) ? text : undefined),
    aclPatternOf: (key) => {
      // A ledger whose pool prefix has a tag of its own starts like a pool.
      if (key.startsWith(ledgerPrefix) && key.endsWith(ledgerSuffix)) return anyLedger;
      if (key.startsWith(ledgerPrefix) && key.endsWith(seenSuffix))
        return `${escapeGlob(ledgerPrefix)}*${escapeGlob(seenSuffix)}`;
      if (key.startsWith(poolPrefix) && key.endsWith(poolSuffix)) return poolsLike("*");
      const kind = OWN_KINDS.find((word) => key.startsWith(`${keyPrefix}${word}`));
      return kind && `${escapeGlob(keyPrefix)}${kind}*`;
    },
  };
}

export function pairKeys(
  openIds: string[],
  pool: (openId: string) => RedisKey,
  ledger: (openId: string) => RedisKey,
): RedisKey[] {
  const pairs: RedisKey[] = [];
  for (const openId of openIds) pairs.push(pool(openId), ledger(openId));
  return pairs;
}

function openIdBetween(key: string, prefix: string, suffix: string): string | undefined {
  if (!key.startsWith(prefix) || !key.endsWith(suffix) || key.length < prefix.length + suffix.length)
    return undefined;
  const openId = key.slice(prefix.length, key.length - suffix.length);
  return isOpenId(openId) ? openId : undefined;
}

/** Whether pools' keys have a hash tag, which their ledgers' then share. */
export function isTagged({ poolPrefix, poolSuffix = "" }: Omit<KeyPrefixes, "keyPrefix">): boolean {
  return `${poolPrefix}${poolSuffix}`.includes("{");
}

/** `suffix`: what stands behind an openId, which may be the tag or a part of it. */
function checkBraces(name: string, prefix: string, suffix?: string): void {
  const text = suffix === undefined ? prefix : `${prefix}x${suffix}`;
  if (!/[{}]/.test(text) || /^[^{}]*\{[^{}]+\}[^{}]*$/.test(text)) return;
  throw new PushCliError("config", `the ${name} '${prefix}' contains braces that are not a single hash tag`, {
    hint: "use a prefix without braces, or with one {tag} that closes inside it",
  });
}

export function escapeGlob(text: string): string {
  return text.replace(/[\\*?[\]]/g, "\\$&");
}
