import type { CodeSource, StoredValue } from "../pool/ports.ts";
import { type ConnectOptions, connectRedis } from "./connect.ts";
import { showKey } from "./java-keys.ts";
import type { RedisKey } from "./keys.ts";
import type { RedisLink } from "./link.ts";
import { scanKeys } from "./scan.ts";
import { createSourceKeys, type SourceKeys, type SourcePlace } from "./source-keys.ts";

/** The type that the values are stored in. */
export type SourceLayout = "list" | "zset" | "string" | "hash" | "set";

export interface SourceOptions extends ConnectOptions {
  layout: SourceLayout;
  /** The position of the openId in the keys. */
  place: SourcePlace;
  /** How the keys are written. */
  keys: "plain" | "java";
}

/** Keys per round trip. */
const BATCH = 200;
/** Elements per reply. */
const CHUNK = 500;
/** One byte more than the longest value that is read, to recognize longer ones. */
const STRING_BYTES = 65_537;

/**
 * Connects to a Redis, which may be that of the pools, to read codes in another layout from it. Never writes.
 */
export async function openCodeSource(options: SourceOptions): Promise<CodeSource & { close(): void }> {
  const keys = createSourceKeys(options.place, options.keys);
  const probe: [string, string] = [keys.sample("a"), keys.sample("b")];
  const link = await connectRedis({ ...options, anyVersion: true, probe });
  const source = { keys: 0, close: link.close, read: () => readAll(link, options.layout, keys, source) };
  return source;
}

interface SourceKey {
  key: RedisKey;
  shown: string;
  openId: string | undefined;
  rest: string;
}

async function* readAll(
  link: RedisLink,
  layout: SourceLayout,
  keys: SourceKeys,
  source: { keys: number },
): AsyncGenerator<StoredValue[]> {
  // As bytes: a key that is not valid text would be looked up under another name, and be empty.
  for await (const page of scanKeys(link, Buffer.from(keys.glob), layout)) {
    for (let at = 0; at < page.length; at += BATCH) {
      const batch = page.slice(at, at + BATCH).map((bytes): SourceKey => {
        const key = textOr(bytes);
        return { key, shown: showKey(key), ...keys.read(key) };
      });
      yield* readBatch(link, layout, batch);
      source.keys += batch.length;
    }
    yield []; // Gives the reader control even if few keys match.
  }
}

/** A key as text, if that is lossless. */
function textOr(key: RedisKey): RedisKey {
  const text = key.toString();
  return Buffer.from(text).equals(Buffer.from(key)) ? text : key;
}

async function* readBatch(
  link: RedisLink,
  layout: SourceLayout,
  batch: SourceKey[],
): AsyncGenerator<StoredValue[]> {
  const nowMs = await link.now();
  const chunks = Promise.all(batch.map(({ key }) => readChunk(link, layout, key, START)));
  const ttls = Promise.all(batch.map(({ key }) => link.client.pttl(key)));
  const [firsts, ttlsMs] = await link.call(Promise.all([chunks, ttls]));
  for (const [i, { key, shown, openId, rest }] of batch.entries()) {
    const ttlMs = ttlsMs[i] ?? -1;
    const head = { key: shown, openId, rest, ...(ttlMs < 0 ? {} : { dropMs: nowMs + ttlMs }) };
    for (let chunk = firsts[i]!; ; ) {
      if (chunk.elements.length > 0) yield chunk.elements.map((element) => ({ ...head, ...element }));
      if (chunk.next === undefined) break;
      chunk = await link.call(readChunk(link, layout, key, chunk.next));
    }
  }
}

type Element = Pick<StoredValue, "bytes" | "score" | "field">;

/** `next`: an index or a cursor to continue from; absent at the end. */
interface Chunk {
  elements: Element[];
  next?: string;
}

const START = "0";

async function readChunk(
  { client }: RedisLink,
  layout: SourceLayout,
  key: RedisKey,
  from: string,
): Promise<Chunk> {
  const to = Number(from) + CHUNK - 1;
  if (layout === "list") return toPiece((await client.lrangeBuffer(key, from, to)).map(toElement), to);
  if (layout === "zset") {
    const flat = await client.zrangeBuffer(key, from, `${to}`, "WITHSCORES");
    return toPiece(
      pairsOf(flat).map(([member, score]) => ({ ...toElement(member), score: toScore(score) })),
      to,
    );
  }
  // Elements of a hash or set that changes meanwhile may come twice; import skips the second one.
  if (layout === "hash") {
    const [cursor, flat] = await client.hscanBuffer(key, from, "COUNT", CHUNK);
    const elements = pairsOf(flat).map(([field, value]) => ({
      ...toElement(value),
      field: toElement(field).bytes,
    }));
    return { elements, ...nextOf(cursor) };
  }
  if (layout === "set") {
    const [cursor, members] = await client.sscanBuffer(key, from, "COUNT", CHUNK);
    return { elements: members.map(toElement), ...nextOf(cursor) };
  }
  const value = await client.getrangeBuffer(key, 0, STRING_BYTES - 1);
  return { elements: value.length === 0 ? [] : [toElement(value)] };
}

function toPiece(elements: Element[], last: number): Chunk {
  return elements.length < CHUNK ? { elements } : { elements, next: `${last + 1}` };
}

function nextOf(cursor: Buffer): Pick<Chunk, "next"> {
  const next = cursor.toString();
  return next === START ? {} : { next };
}

function pairsOf(flat: Buffer[]): [Buffer, Buffer][] {
  return flat.flatMap((first, i): [Buffer, Buffer][] => (i % 2 === 0 ? [[first, flat[i + 1]!]] : []));
}

function toScore(text: Buffer): number {
  const score = Number(text.toString());
  // "inf" and "-inf".
  return Number.isNaN(score) ? Number.POSITIVE_INFINITY : score;
}

function toElement(bytes: Buffer): Element {
  return { bytes: bytes.toString("latin1") };
}
