import { type Entry, isFormId, type PushCode } from "./code.ts";
import { readFormId, readScene, readTime, unwrap } from "./code-fields.ts";
import { JAVA_MAGIC, readJava } from "./java-reader.ts";
import { type EntryValue, readJson } from "./json-reader.ts";
import { readPlain } from "./plain-entry.ts";

/** Longer entries are not read. */
export const MAX_ENTRY_BYTES = 65_536;
/** An object with one code is far shorter. */
const MAX_JAVA_BYTES = 2048;

/**
 * Reads one list element of a pool, given as a latin1 string of its bytes: which codes it holds, or why it is not
 * understood. Knows every form of the table "What backends really write into the pool" (wechat-api.md).
 */
export function readEntry(bytes: string): Entry {
  const plain = readPlain(bytes);
  if (plain) return { readable: true, codes: [plain] };
  const java = bytes.startsWith(JAVA_MAGIC);
  if (bytes.length > (java ? MAX_JAVA_BYTES : MAX_ENTRY_BYTES)) return { readable: false, why: "too long" };
  if (java) return readJavaEntry(bytes);
  const codes = readJsonEntry(bytes);
  return codes ? { readable: true, codes } : { readable: false, why: "not a code" };
}

/**
 * An object, or a string that holds JSON. Only with one code that is good for one message: a claim takes such an
 * entry whole, so it never has to be written anew.
 */
function readJavaEntry(bytes: string): Entry {
  const outer = readJava(bytes);
  const value = outer?.type === "string" ? readJson(outer.value) : outer;
  const code = value && readCode(value);
  if (code && code.uses === undefined) return { readable: true, codes: [code] };
  if (outer?.type === "string" && isFormId(outer.value) && !/^[[{"]/.test(outer.value)) {
    return { readable: false, why: "no expiry", formId: outer.value };
  }
  return { readable: false, why: "java" };
}

function readJsonEntry(bytes: string): PushCode[] | undefined {
  const outer = readJson(bytes);
  const double = outer?.type === "string";
  const node = double ? readJson(outer.value) : outer;
  if (!node) return undefined;
  const single = readCode(node);
  const codes = single ? [single] : readList(unwrap(node));
  const rewritable = !single || single.uses !== undefined;
  // A claim may have to write such an entry back with one code less, so its escapes must be the usual ones.
  if (codes && double && rewritable && quoteText(outer.value) !== bytes) return undefined;
  return codes;
}

function readList(node: EntryValue): PushCode[] | undefined {
  if (node.type !== "array" || node.items.length === 0) return undefined;
  const codes: PushCode[] = [];
  for (const item of node.items) {
    const code = readCode(item);
    if (!code) return undefined;
    codes.push(code);
  }
  return codes;
}

/** The code in a value, with or without a type wrapper; undefined for anything else. */
export function readCode(wrapped: EntryValue): PushCode | undefined {
  const node = unwrap(wrapped);
  if (node.type !== "object") return undefined;
  const formId = readFormId(node.fields);
  const expireMs = readTime(node.fields, "expire");
  if (formId === undefined || expireMs === undefined) return undefined;
  const code: PushCode = { formId, wellFormed: isFormId(formId), expireMs };
  const scene = readScene(node.fields);
  if (scene !== undefined) code.scene = scene;
  const usesField = node.fields.get("uses");
  // A serializer writes a nullable field as null.
  if (!usesField || (usesField.type === "literal" && usesField.text === "null")) return code;
  const uses = unwrap(usesField);
  if (uses.type !== "number" || !uses.integer || uses.value < 1 || uses.value > 1000) return undefined;
  return { ...code, uses: uses.value };
}

/** A text as a JSON string, with the escapes that serializers commonly write. */
export function quoteText(text: string): string {
  const quoted: Record<string, string> = { '"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" };
  return `"${text.replace(/["\\\n\r\t]/g, (char) => quoted[char] ?? char)}"`;
}
