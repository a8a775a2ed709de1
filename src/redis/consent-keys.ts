import { PushCliError } from "../errors.ts";
import { type ConsentPool, poolName, poolOfName } from "../pool/consents/name.ts";
import { isBesideWord, isTemplateId } from "../pool/template-id.ts";
import { buildKeys, escapeGlob, isOpenId, type Keys, pairKeys, type RedisKey } from "./keys.ts";

export interface ConsentPrefixes {
  /** `mina:` by default. */
  keyPrefix: string;
  /** Defaults to the key prefix followed by `consent:`. */
  consentPrefix?: string | undefined;
}

/** For the keys that all templates share; its pools are not used. */
export const ANY_TEMPLATE = "any";

/** The keys for the consents of one template: its pools, and the user's keys that all templates share. */
export interface ConsentKeys extends Keys {
  receipts(openId: string): string;
}

/**
 * All keys of a user have the openId as their tag and so share a slot. The pools are those of one template; the ledger is
 * shared by all. Throws a usage error for an invalid template id.
 */
export function createConsentKeys(prefixes: ConsentPrefixes & { templateId: string }): ConsentKeys {
  const { keyPrefix, templateId } = prefixes;
  if (!isTemplateId(templateId))
    throw new PushCliError("usage", `'${templateId}' is not a template id`, {
      hint: "copy the id from the platform's page: letters, digits, _ and -",
    });
  const prefix = toTagPrefix(prefixes);
  const poolSuffix = `}:${templateId}`;
  const all = createConsentPoolKeys(prefixes);
  const keys = buildKeys({
    keyPrefix,
    poolPrefix: prefix,
    poolSuffix,
    ledgerPrefix: prefix,
    ledgerSuffix: "}:sends",
  });
  return {
    ...keys,
    receipts: (openId) => `${prefix}${openId}}:receipts`,
    toOpenId: all.toOpenId,
    // The keys beside the pools differ only in their last word; one pattern covers all of them, as for granting rights.
    aclPatternOf: (key) => (key.startsWith(prefix) ? all.anyKey : keys.aclPatternOf(key)),
  };
}

/** The keys of all templates' consents. */
export interface ConsentPoolKeys {
  pool(consents: ConsentPool): string;
  /** SCAN pattern of the pools whose openId matches a glob; the users' other keys match it too. */
  poolsLike(openIdPattern: string): string;
  /** The ACL pattern for all keys of users. */
  readonly anyKey: string;
  /** The pool that a key belongs to; undefined for the users' other keys, and if the openId or template is invalid. */
  poolOf(key: RedisKey): ConsentPool | undefined;
  /** Whether a key is a user's key other than a pool: ledger, receipts, seen. */
  isBeside(key: RedisKey): boolean;
  /** The openId given by a text: an openId, or any key of a user. */
  toOpenId(text: string): string | undefined;
}

export function createConsentPoolKeys(prefixes: ConsentPrefixes): ConsentPoolKeys {
  const prefix = toTagPrefix(prefixes);
  const take = (key: RedisKey) => {
    const text = key.toString();
    if (!text.startsWith(prefix)) return undefined;
    const [openId = "", word, ...rest] = text.slice(prefix.length).split("}:");
    return isOpenId(openId) && word !== undefined && rest.length === 0 ? { openId, word } : undefined;
  };
  return {
    pool: ({ openId, templateId }) => `${prefix}${openId}}:${templateId}`,
    poolsLike: (pattern) => `${escapeGlob(prefix)}${pattern}}:*`,
    anyKey: `${escapeGlob(prefix)}*`,
    poolOf: (key) => {
      const parts = take(key);
      return parts && isTemplateId(parts.word) ? { openId: parts.openId, templateId: parts.word } : undefined;
    },
    isBeside: (key) => isBesideWord(take(key)?.word ?? ""),
    toOpenId: (text) => take(text)?.openId ?? (isOpenId(text) ? text : undefined),
  };
}

/**
 * Keys for pools that are identified by names (`pool/consents/name.ts`), so that code that reads and changes pools works
 * for the pools of all templates. `templateId`: sweeps cover only its pools.
 */
export function createNameKeys(prefixes: ConsentPrefixes, templateId: string | undefined): Keys {
  const of = (template: string) => createConsentKeys({ ...prefixes, templateId: template });
  const all = createConsentPoolKeys(prefixes);
  const base = of(templateId ?? ANY_TEMPLATE);
  const pool = (name: string) => all.pool(poolOfName(name));
  const ledger = (name: string) => base.ledger(poolOfName(name).openId);
  const seen = (name: string) => base.seen(poolOfName(name).openId);
  return {
    ...base,
    pool,
    ledger,
    seen,
    pairs: (names) => pairKeys(names, pool, ledger),
    shownPool: (name) =>
      name.includes(" ") ? pool(name) : all.pool({ openId: name, templateId: templateId ?? "*" }),
    poolsLike: templateId === undefined ? all.poolsLike : base.poolsLike,
    openIdOfPool: (key) => {
      const found = all.poolOf(key);
      return found && poolName(found);
    },
  };
}

/** The beginning of a key up to the openId, including the opening brace of its tag. */
function toTagPrefix({ keyPrefix, consentPrefix = `${keyPrefix}consent:` }: ConsentPrefixes): string {
  if (!/[{}]/.test(consentPrefix)) return `${consentPrefix}{`;
  throw new PushCliError("config", `the pool prefix '${consentPrefix}' contains braces`, {
    hint: "consents are kept under <prefix>{<openId>}:<template>, and the openId alone is the hash tag",
  });
}
