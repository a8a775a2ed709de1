import { type Entry, isFormId, type PushCode } from "./code.ts";
import { type JsonNode, readJson } from "./json-reader.ts";

const MAX_BYTES = 65_536;
const MAX_TIME_MS = 8.64e15;
const JAVA_MAGIC = "\xac\xed\x00\x05";

/**
 * Reads one list element of a pool, given as a latin1 string of its bytes: which codes it holds, or why it is not
 * understood. Knows every form of the table "What backends really write into the pool" (wechat-api.md); Java
 * serialization is recognised and counted as unreadable. The scripts' twin is `redis/lua/read-entry.lua`.
 */
export function readEntry(bytes: string): Entry {
  if (bytes.length > MAX_BYTES) return { readable: false, why: "too long" };
  if (bytes.startsWith(JAVA_MAGIC)) return { readable: false, why: "java" };
  const codes = readCodes(bytes);
  return codes ? { readable: true, codes } : { readable: false, why: "not a code" };
}

function readCodes(bytes: string): PushCode[] | undefined {
  const outer = readJson(bytes);
  const double = outer?.type === "string";
  const node = double ? readJson(outer.value) : outer;
  if (!node) return undefined;
  const single = readCode(node);
  const codes = single ? [single] : readList(unwrap(node));
  const rewritable = !single || single.uses !== undefined;
  // A script may have to write such an entry back with one code less, so its escapes must be the usual ones.
  if (codes && double && rewritable && quoteText(outer.value) !== bytes) return undefined;
  return codes;
}

/** Jackson's type wrapper: ["java.lang.Long", 1568000000000] stands for its second item. */
function unwrap(node: JsonNode): JsonNode {
  if (node.type !== "array" || node.items.length !== 2 || node.items[0]?.type !== "string") return node;
  return node.items[1] ?? node;
}

function readList(node: JsonNode): PushCode[] | undefined {
  if (node.type !== "array" || node.items.length === 0) return undefined;
  const codes: PushCode[] = [];
  for (const item of node.items) {
    const code = readCode(item);
    if (!code) return undefined;
    codes.push(code);
  }
  return codes;
}

const FORM_ID_FIELDS = ["formId", "form_id", "fromId"];
const EXPIRE_FIELDS = ["expire", "expireTime", "expiredTime", "expire_time"];

function readCode(wrapped: JsonNode): PushCode | undefined {
  const node = unwrap(wrapped);
  if (node.type !== "object") return undefined;
  const formId = readFormId(firstField(node.fields, FORM_ID_FIELDS));
  const expireMs = readExpire(firstField(node.fields, EXPIRE_FIELDS));
  if (formId === undefined || expireMs === undefined) return undefined;
  const code: PushCode = { formId, wellFormed: isFormId(formId), expireMs };
  const usesField = node.fields.get("uses");
  // A serializer of an object with a nullable field writes it as null.
  if (!usesField || (usesField.type === "literal" && usesField.text === "null")) return code;
  const uses = unwrap(usesField);
  if (uses.type !== "number" || !uses.integer || uses.value < 1 || uses.value > 1000) return undefined;
  return { ...code, uses: uses.value };
}

function firstField(fields: Map<string, JsonNode>, names: string[]): JsonNode | undefined {
  for (const name of names) {
    const field = fields.get(name);
    if (field) return unwrap(field);
  }
  return undefined;
}

function readFormId(node: JsonNode | undefined): string | undefined {
  if (node?.type === "string") return node.value;
  return node?.type === "number" && node.integer ? node.text : undefined;
}

function readExpire(node: JsonNode | undefined): number | undefined {
  if (node?.type === "number") return timeToMs(node.value);
  if (node?.type === "string" && /^[0-9]{1,16}$/.test(node.value)) return timeToMs(Number(node.value));
  return undefined;
}

/**
 * Epoch seconds or milliseconds to milliseconds; undefined when it is no time. Below 1e11 it must be seconds: as
 * milliseconds that would be before 1973, as seconds it is up to the year 5138.
 */
export function timeToMs(value: number): number | undefined {
  const ms = Math.floor(value > -1e11 && value < 1e11 ? value * 1000 : value);
  return ms >= -MAX_TIME_MS && ms <= MAX_TIME_MS ? ms : undefined;
}

function quoteText(text: string): string {
  const quoted: Record<string, string> = { '"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" };
  return `"${text.replace(/["\\\n\r\t]/g, (char) => quoted[char] ?? char)}"`;
}
