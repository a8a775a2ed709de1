import {
  createKeys,
  escapeGlob,
  isOpenId,
  isTagged,
  type KeyPrefixes,
  type Keys,
  pairKeys,
  type RedisKey,
  SEEN_SUFFIX,
} from "./keys.ts";

/**
 * The keys of pools whose backend serializes keys as Java does, which is the default of RedisTemplate: a Java String (AC
 * ED 00 05 74, two bytes of length, UTF-8) of what the key would otherwise be. Such a pool's ledger has these bytes as
 * its tag. All other keys are unchanged.
 */
export function createJavaKeys(prefixes: KeyPrefixes): Keys {
  const { poolPrefix, poolSuffix = "" } = prefixes;
  const tagged = isTagged(prefixes);
  const before = tagged ? "" : "{";
  const tagEnd = tagged ? "" : "}";
  const behind = `${tagEnd}:sends`;
  const pool = (openId: string) => serialize(`${poolPrefix}${openId}${poolSuffix}`);
  const anyPool = javaKeysLike(poolPrefix, "*", poolSuffix);
  const plain = createKeys(prefixes);
  const openIdOfPool = (key: RedisKey) =>
    openIdBetween(key, { poolPrefix, poolSuffix, before: "", behind: "" });
  const openIdOfLedger = (key: RedisKey) => openIdBetween(key, { poolPrefix, poolSuffix, before, behind });
  const ledger = (openId: string) => Buffer.concat([Buffer.from(before), pool(openId), Buffer.from(behind)]);
  return {
    ...plain,
    pool,
    ledger,
    seen: (openId) => Buffer.concat([Buffer.from(before), pool(openId), Buffer.from(tagEnd + SEEN_SUFFIX)]),
    pairs: (openIds) => pairKeys(openIds, pool, ledger),
    shownPool: (openId) => showKey(openId === "*" ? anyJavaKey(`${poolPrefix}*${poolSuffix}`) : pool(openId)),
    anyPool,
    poolsLike: (pattern) => javaKeysLike(poolPrefix, pattern, poolSuffix),
    anyLedger: Buffer.concat([Buffer.from(before), anyPool, Buffer.from(behind)]),
    openIdOfPool,
    openIdOfLedger,
    toOpenId: (text) => {
      const key = readShownKey(text);
      return openIdOfLedger(key) ?? openIdOfPool(key) ?? plain.toOpenId(text);
    },
    // The bytes before the prefix depend on a key's length, and are no text.
    aclPatternOf: (key) =>
      plain.aclPatternOf(key) ?? (key.includes(poolPrefix) ? `*${escapeGlob(poolPrefix)}*` : undefined),
  };
}

/** The beginning of a serialized String, before its length (latin1). */
const JAVA_STRING = "\xac\xed\x00\x05t";
const LENGTH_BYTES = 2;

function javaKeysLike(prefix: string, pattern: string, suffix: string): Buffer {
  return anyJavaKey(`${escapeGlob(prefix)}${pattern}${escapeGlob(suffix)}`);
}

/** The SCAN pattern for serialized keys whose text matches a glob, with any two bytes as the length. */
export function anyJavaKey(glob: string): Buffer {
  return Buffer.from(`${JAVA_STRING}??${toLatin1(glob)}`, "latin1");
}

/** The text that Java serialized into a key; undefined for any other key. */
export function textOfJavaKey(key: Buffer): string | undefined {
  const text = key.subarray(JAVA_STRING.length + LENGTH_BYTES).toString();
  return key.equals(serialize(text)) ? text : undefined;
}

function serialize(text: string): Buffer {
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt16BE(Buffer.byteLength(text));
  return Buffer.concat([Buffer.from(JAVA_STRING, "latin1"), length, Buffer.from(text)]);
}

/**
 * The part of a serialized key between a prefix and a suffix, with some bytes around it; undefined when it is not such a key, or
 * when that part can't be an openId.
 */
function openIdBetween(
  key: RedisKey,
  around: { poolPrefix: string; poolSuffix: string; before: string; behind: string },
): string | undefined {
  const { poolPrefix, poolSuffix, before, behind } = around;
  const bytes = Buffer.from(key);
  const start = before.length + JAVA_STRING.length + LENGTH_BYTES;
  const text = bytes.subarray(start, Math.max(start, bytes.length - behind.length)).toString();
  const openId = text.slice(poolPrefix.length, text.length - poolSuffix.length);
  const again = Buffer.concat([
    Buffer.from(before),
    serialize(`${poolPrefix}${openId}${poolSuffix}`),
    Buffer.from(behind),
  ]);
  return isOpenId(openId) && bytes.equals(again) ? openId : undefined;
}

function toLatin1(text: string): string {
  return Buffer.from(text).toString("latin1");
}

/** A key as messages show it; bytes as redis-cli escapes them between quotes. */
export function showKey(key: RedisKey): string {
  if (typeof key === "string") return key;
  const hex = (char: string) => `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`;
  return key.toString("latin1").replace(/[^\x20-\x7e]/g, hex);
}

const ESCAPES: Record<string, string> = { n: "\n", r: "\r", t: "\t", a: "\x07", b: "\b" };

/** The bytes of a key that was copied from redis-cli or from our messages. */
function readShownKey(text: string): Buffer {
  const bytes = Buffer.from(text)
    .toString("latin1")
    .replace(/\\(?:x([0-9a-f]{2})|(.))/gi, (_, hex: string | undefined, char: string) =>
      hex === undefined ? (ESCAPES[char] ?? char) : String.fromCharCode(Number.parseInt(hex, 16)),
    );
  return Buffer.from(bytes, "latin1");
}
