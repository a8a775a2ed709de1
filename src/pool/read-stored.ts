import { isFormId, type PushCode } from "./code.ts";
import type { ImportRow } from "./import-row.ts";
import { JAVA_MAGIC, readJava } from "./java-reader.ts";
import { type EntryValue, readJson } from "./json-reader.ts";
import type { StoredValue } from "./ports.ts";
import { MAX_ENTRY_BYTES, readCode } from "./read-entry.ts";
import { timeToMs } from "./times.ts";

/**
 * The codes in a value of another layout, as rows to import: an entry or a list of entries in any form that pools have,
 * Java's lists included; or a formId or a list of formIds, which expire by the score or when Redis drops the key. What is
 * not understood becomes a row that says why.
 */
export function readStored(stored: StoredValue): ImportRow[] {
  const { key, openId, bytes } = stored;
  const row = { place: `key '${key}'`, openId };
  if (openId === undefined) return [{ ...row, error: "what follows the prefix is not an openId" }];
  if (bytes.length > MAX_ENTRY_BYTES) {
    return [{ ...row, error: `a value of more than ${MAX_ENTRY_BYTES} bytes` }];
  }
  const items = itemsOf(readValue(bytes));
  if (items.length === 0) return [{ ...row, error: `no code in ${quote(bytes)}` }];
  const rows = items.map((item) => ({ ...row, ...readItem(item, stored) }));
  // A list of something else is one thing to report, not hundreds.
  return rows.every(({ error }) => error !== undefined) ? rows.slice(0, 1) : rows;
}

/** What the bytes hold; a text that is neither Java's nor JSON is a text. */
function readValue(bytes: string): EntryValue {
  const outer = readJava(bytes) ?? readJson(bytes);
  const inner = outer?.type === "string" ? (readJava(outer.value) ?? readJson(outer.value)) : undefined;
  return inner ?? outer ?? { type: "string", value: bytes };
}

/** The items of a list, be it wrapped with its type as Jackson does; else the value itself. */
function itemsOf(value: EntryValue): EntryValue[] {
  if (value.type !== "array" || readCode(value)) return [value];
  const [first, second] = value.items;
  if (value.items.length === 2 && first?.type === "string" && second?.type === "array") return second.items;
  return value.items;
}

function readItem(item: EntryValue, stored: StoredValue): Partial<ImportRow> {
  const code = readCode(item);
  if (code) return toRow(code);
  const formId = item.type === "string" ? item.value : item.type === "number" ? item.text : undefined;
  if (formId === undefined || !isFormId(formId)) return { error: `no code in ${quote(stored.bytes)}` };
  const expireMs = expiryOf(stored);
  if (typeof expireMs === "string") return { error: `${quote(formId)} ${expireMs}` };
  return toRow({ formId, wellFormed: true, expireMs });
}

/** When a bare formId expires, or why that is not known. */
function expiryOf({ score, dropMs }: StoredValue): number | string {
  if (score === undefined) return dropMs ?? "has no expiry, and its key has no TTL";
  return timeToMs(score) ?? `has the score ${score}, which is no time`;
}

function toRow({ formId, expireMs, uses }: PushCode): Partial<ImportRow> {
  return { formId, expire: expireMs, uses };
}

/** Under a wrong prefix the value may be a secret: a token, say. Its first letters may be told. */
function quote(bytes: string): string {
  if (bytes.startsWith(JAVA_MAGIC)) return `Java serialization (${bytes.length} bytes)`;
  const text = Buffer.from(bytes, "latin1").toString();
  return text.length > 6 ? `'${text.slice(0, 6)}...' (${bytes.length} bytes)` : `'${text}'`;
}
