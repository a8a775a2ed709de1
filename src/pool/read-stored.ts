import { isFormId, type PushCode } from "./code.ts";
import { readFormId, readScene, readTime, toTime, unwrap, valuesOf } from "./code-fields.ts";
import type { ImportFields, ImportRow } from "./import-row.ts";
import { JAVA_MAGIC, readJava } from "./java-reader.ts";
import { type EntryValue, readJson } from "./json-reader.ts";
import type { StoredValue } from "./ports.ts";
import { quoteValue } from "./quote-value.ts";
import { MAX_ENTRY_BYTES, readCode } from "./read-entry.ts";
import { timeToMs } from "./times.ts";

/** How to interpret times that are not marked as an expiry. */
export interface StoredTerms {
  nowMs: number;
  /** How long a code lives after its creation; if given, scores and the like are creation times. */
  lifetimeMs?: number | undefined;
}

/** A row made from a stored value, with additional facts about it. */
export interface StoredRow extends ImportRow {
  /** It has no time other than its creation time. */
  createdOnly?: true | undefined;
  /** When it expires according to its score in a sorted set, epoch ms. */
  scoreMs?: number | undefined;
}

/** What an item was read as. */
type Found = ImportFields & Pick<StoredRow, "error" | "createdOnly" | "scoreMs">;

/**
 * The codes in a value of another layout, as rows to import: an entry or a list of entries in any form found in pools,
 * including Java's lists; or a formId or a list of formIds, which expire by their score or when Redis expires the key. A
 * value that is not understood becomes a row that says why.
 */
export function readStored(stored: StoredValue, terms: StoredTerms): StoredRow[] {
  const { key, openId, bytes } = stored;
  const toStoredRow = ({ error, createdOnly, scoreMs, ...fields }: Found): StoredRow => {
    return { place: `key '${key}'`, fields: { openId, ...fields }, error, createdOnly, scoreMs };
  };
  if (openId === undefined) return [toStoredRow({ error: "it has no recognizable openId" })];
  if (bytes.length > MAX_ENTRY_BYTES) {
    return [toStoredRow({ error: `a value of more than ${MAX_ENTRY_BYTES} bytes` })];
  }
  const value = readValue(bytes);
  const items = itemsOf(value);
  if (items.length === 0) return [toStoredRow({ error: `no code in ${quote(bytes)}` })];
  // A hash field can't be the formId of several codes.
  const own = items.length === 1 && items[0] === value ? stored : { ...stored, field: undefined };
  const rows = items.map((item) => toStoredRow(readItem(item, own, terms)));
  // A list of something else is reported once, not hundreds of times.
  return rows.every(({ error, createdOnly }) => error !== undefined && !createdOnly)
    ? rows.slice(0, 1)
    : rows;
}

/** The content of the bytes; a text that is neither Java nor JSON is a plain text. */
function readValue(bytes: string): EntryValue {
  const outer = readJava(bytes) ?? readJson(bytes);
  const inner = outer?.type === "string" ? (readJava(outer.value) ?? readJson(outer.value)) : undefined;
  return inner ?? outer ?? { type: "string", value: bytes };
}

/** The items of a list, with or without Jackson's type wrapper; otherwise the value itself. */
function itemsOf(value: EntryValue): EntryValue[] {
  if (value.type !== "array" || unwrap(value).type === "object") return [value];
  const [first, second] = value.items;
  if (value.items.length === 2 && first?.type === "string" && second?.type === "array") return second.items;
  return value.items;
}

function readItem(item: EntryValue, stored: StoredValue, terms: StoredTerms): Found {
  const code = readCode(item);
  if (code) return toRow(code);
  const node = unwrap(item);
  if (node.type === "object") return readObject(node.fields, stored, terms);
  const text = node.type === "string" ? node.value : node.type === "number" ? node.text : undefined;
  if (text === undefined) return noCode(stored);
  if (stored.field !== undefined) return readPair(stored.field, text, stored, terms);
  return isFormId(text) ? expireAt(text, stored, terms) : noCode(stored);
}

function noCode({ bytes }: StoredValue): Found {
  return { error: `no code in ${quote(bytes)}` };
}

/** An object that is not a complete entry: its formId may be the hash field, and its expiry has to be derived. */
function readObject(fields: Map<string, EntryValue>, stored: StoredValue, terms: StoredTerms): Found {
  const named = valuesOf(fields, "formId").length > 0;
  const formId = named ? readFormId(fields) : stored.field;
  if (formId === undefined || !isFormId(formId)) return noCode(stored);
  const uses = fields.get("uses");
  const scene = readScene(fields);
  const more = {
    ...(uses?.type === "number" ? { uses: uses.value } : {}),
    ...(scene === undefined ? {} : { scene }),
  };
  const expireMs = readTime(fields, "expire");
  if (expireMs !== undefined) return { ...more, formId, expire: expireMs };
  // A field that is meant to be an expiry, but is invalid.
  if (valuesOf(fields, "expire").length > 0) return noCode(stored);
  const createdMs = readTime(fields, "created");
  if (createdMs !== undefined) return { ...more, ...liveFrom(formId, createdMs, terms) };
  return stored.score === undefined ? noCode(stored) : { ...more, ...expireAt(formId, stored, terms) };
}

/** WeChat's formIds have 13 digits, 32 hexadecimal digits, or more. */
const LIKELY_FORM_ID = 10;

/** A hash field and its value, one of which is the formId; the other may be its time. */
function readPair(field: string, value: string, stored: StoredValue, terms: StoredTerms): Found {
  const asTime = (value: string) => toTime({ type: "string", value });
  const valueMs = asTime(value);
  // Item 3 of a list whose formIds are times, as WeChat's once were, is not a code.
  const isIndex = /^\d{1,6}$/.test(field);
  if (valueMs !== undefined && isFormId(field) && !isIndex) return liveBy(field, valueMs, terms);
  const fieldMs = asTime(field);
  if (fieldMs !== undefined && isFormId(value)) return liveBy(value, fieldMs, terms);
  const likely = [field, value].filter((text) => isFormId(text) && text.length >= LIKELY_FORM_ID);
  const [formId] = likely;
  if (formId !== undefined && likely.length === 1 && valueMs === undefined)
    return expireAt(formId, stored, terms);
  return { error: `neither the field ${quote(field)} nor its value ${quote(value)} is clearly a code` };
}

/** A time of unknown meaning. */
function liveBy(formId: string, ms: number, terms: StoredTerms): Found {
  return terms.lifetimeMs === undefined ? { formId, expire: ms } : liveFrom(formId, ms, terms);
}

/** Clocks differ; a time more than this far in the future can't be a creation time. */
const CLOCKS_MS = 600_000;

function liveFrom(formId: string, createdMs: number, { lifetimeMs, nowMs }: StoredTerms): Found {
  if (lifetimeMs === undefined) {
    return { error: `${quote(formId)} has a creation time but no expiry`, createdOnly: true };
  }
  if (createdMs <= nowMs + CLOCKS_MS) return { formId, expire: createdMs + lifetimeMs };
  const at = new Date(createdMs).toISOString();
  return { error: `${quote(formId)} has a creation time in the future: ${at}` };
}

/** A formId that expires by its score, or when its key does. */
function expireAt(formId: string, { score, dropMs }: StoredValue, terms: StoredTerms): Found {
  if (score !== undefined) {
    const ms = timeToMs(score);
    if (ms === undefined) return { error: `${quote(formId)} has the score ${score}, which is not a time` };
    return { ...liveBy(formId, ms, terms), scoreMs: ms };
  }
  if (dropMs === undefined) return { error: `${quote(formId)} has no expiry, and its key has no TTL` };
  return { formId, expire: dropMs };
}

function toRow({ formId, expireMs, uses, scene }: PushCode): Found {
  return { formId, expire: expireMs, uses, ...(scene === undefined ? {} : { scene }) };
}

/** Under a wrong prefix the value may be a secret, such as a token. Its first letters may be shown. */
function quote(bytes: string): string {
  if (bytes.startsWith(JAVA_MAGIC)) return `Java serialization (${bytes.length} bytes)`;
  const text = Buffer.from(bytes, "latin1").toString();
  return text.length > 6 ? `${quoteValue(text, 6)} (${bytes.length} bytes)` : quoteValue(text);
}
