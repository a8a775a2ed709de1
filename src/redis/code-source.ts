import type { CodeSource, StoredValue } from "../pool/ports.ts";
import { type ConnectOptions, connectRedis } from "./connect.ts";
import { anyJavaKey, openIdOfJavaKey, showKey } from "./java-keys.ts";
import { escapeGlob, isOpenId, type RedisKey } from "./keys.ts";
import type { RedisLink } from "./link.ts";
import { scanKeys } from "./scan.ts";

/** What the values are kept in. */
export type SourceLayout = "list" | "zset" | "string";

export interface SourceOptions extends ConnectOptions {
  layout: SourceLayout;
  /** What the keys have before the openId. */
  prefix: string;
  /** How the keys are written. */
  keys: "plain" | "java";
}

/** Keys in one round trip. */
const BATCH = 200;
/** Elements in one reply. */
const CHUNK = 500;
/** A byte more than is read of any value, so that a longer one is told from the longest. */
const STRING_BYTES = 65_537;

/** Connects to a Redis, which may be the pools' own, to read codes of another layout from it. Never writes. */
export async function openCodeSource(options: SourceOptions): Promise<CodeSource & { close(): void }> {
  const { prefix } = options;
  const link = await connectRedis({ ...options, anyVersion: true, probe: [`${prefix}a`, `${prefix}b`] });
  const source = { keys: 0, close: link.close, read: () => readAll(link, options, source) };
  return source;
}

interface SourceKey {
  key: RedisKey;
  shown: string;
  openId: string | undefined;
}

async function* readAll(
  link: RedisLink,
  { layout, prefix, keys: form }: SourceOptions,
  source: { keys: number },
): AsyncGenerator<StoredValue[]> {
  const pattern = form === "java" ? anyJavaKey(prefix) : `${escapeGlob(prefix)}*`;
  const openIdOf = form === "java" ? openIdOfJavaKey : openIdBehind;
  for await (const page of scanKeys(link, pattern, layout)) {
    for (let at = 0; at < page.length; at += BATCH) {
      const batch = page.slice(at, at + BATCH).map((key): SourceKey => {
        return { key, shown: showKey(key), openId: openIdOf(key, prefix) };
      });
      yield* readBatch(link, layout, batch);
      source.keys += batch.length;
    }
    yield []; // Where little fits the prefix, the reader gets a say all the same.
  }
}

function openIdBehind(key: RedisKey, prefix: string): string | undefined {
  const openId = key.toString().slice(prefix.length);
  return isOpenId(openId) ? openId : undefined;
}

async function* readBatch(
  link: RedisLink,
  layout: SourceLayout,
  batch: SourceKey[],
): AsyncGenerator<StoredValue[]> {
  const nowMs = await link.now();
  const chunks = Promise.all(batch.map(({ key }) => readChunk(link, layout, key, 0)));
  const ttls = Promise.all(batch.map(({ key }) => link.client.pttl(key)));
  const [firsts, ttlsMs] = await link.call(Promise.all([chunks, ttls]));
  for (const [i, { key, shown, openId: suffix }] of batch.entries()) {
    // One user's strings are told apart by what follows.
    const openId = layout === "string" ? suffix?.split(":")[0] : suffix;
    const ttlMs = ttlsMs[i] ?? -1;
    const head = { key: shown, openId, ...(ttlMs < 0 ? {} : { dropMs: nowMs + ttlMs }) };
    let chunk = firsts[i] ?? [];
    for (let from = CHUNK; chunk.length > 0; from += CHUNK) {
      yield chunk.map((element) => ({ ...head, ...element }));
      if (chunk.length < CHUNK) break;
      chunk = await link.call(readChunk(link, layout, key, from));
    }
  }
}

type Element = Pick<StoredValue, "bytes" | "score">;

async function readChunk(
  { client }: RedisLink,
  layout: SourceLayout,
  key: RedisKey,
  from: number,
): Promise<Element[]> {
  const to = from + CHUNK - 1;
  if (layout === "list") return (await client.lrangeBuffer(key, from, to)).map(toElement);
  if (layout === "zset") {
    const flat = await client.zrangeBuffer(key, `${from}`, `${to}`, "WITHSCORES");
    return flat.flatMap((member, i) =>
      i % 2 === 0 ? [{ ...toElement(member), score: toScore(flat[i + 1]) }] : [],
    );
  }
  const value = await client.getrangeBuffer(key, 0, STRING_BYTES - 1);
  return value.length === 0 ? [] : [toElement(value)];
}

function toScore(text: Buffer | undefined): number {
  const score = Number(text?.toString());
  // "inf" and "-inf".
  return Number.isNaN(score) ? Number.POSITIVE_INFINITY : score;
}

function toElement(bytes: Buffer): Element {
  return { bytes: bytes.toString("latin1") };
}
