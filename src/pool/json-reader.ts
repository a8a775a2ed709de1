/** The content of an entry, independent of its serialization. `text` of a number holds its digits. */
export type EntryValue =
  | { type: "string"; value: string }
  | { type: "number"; value: number; text: string; integer: boolean }
  | { type: "array"; items: EntryValue[] }
  | { type: "object"; fields: Map<string, EntryValue> }
  | { type: "literal"; text: string };

/** A JSON value and the end of its text, exclusive. */
type JsonNode = EntryValue & { end: number };

/** Real pool entries are not nested deeper, and recursion must be bounded. */
const MAX_DEPTH = 8;

/**
 * Reads one JSON document from bytes given as a latin1 string: the strict grammar of RFC 8259, plus an `L` after an
 * integer (FastJson). Bytes above 0x7f are kept unchanged inside strings. Undefined when it is not such a document.
 *
 * JSON.parse can't be used: it rejects this `L`, and it rounds numbers, which a formId may consist of.
 */
export function readJson(text: string): EntryValue | undefined {
  const node = readValue(text, 0, 1);
  return node && skipSpace(text, node.end) === text.length ? node : undefined;
}

const SPACE = /[ \t\n\r]*/y;
const PLAIN_STRING = /"([^"\\\x00-\x1f]*)"/y;
const STRING_RUN = /[^"\\\x00-\x1f]*/y;
const HEX4 = /[0-9a-fA-F]{4}/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?![0-9])(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;
const LITERAL = /true|false|null/y;

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function skipSpace(text: string, at: number): number {
  return at + (matchAt(SPACE, text, at)?.[0].length ?? 0);
}

function readValue(text: string, from: number, depth: number): JsonNode | undefined {
  const at = skipSpace(text, from);
  const first = text[at];
  if (first === '"') return readString(text, at);
  if (first === "{" || first === "[") {
    if (depth > MAX_DEPTH) return undefined;
    return first === "{" ? readObject(text, at, depth) : readArray(text, at, depth);
  }
  const literal = matchAt(LITERAL, text, at);
  if (literal) return { type: "literal", end: at + literal[0].length, text: literal[0] };
  return readNumber(text, at);
}

function readNumber(text: string, at: number): JsonNode | undefined {
  const found = matchAt(NUMBER, text, at);
  if (!found) return undefined;
  const end = at + found[0].length;
  const integer = found[1] === undefined && found[2] === undefined;
  const long = integer && (text[end] === "L" || text[end] === "l");
  return {
    type: "number",
    end: long ? end + 1 : end,
    value: Number(found[0]),
    text: found[0],
    integer,
  };
}

const ESCAPES: Record<string, string> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

function readString(text: string, at: number): (JsonNode & { type: "string" }) | undefined {
  const plain = matchAt(PLAIN_STRING, text, at);
  if (plain) return { type: "string", end: at + plain[0].length, value: plain[1] ?? "" };
  let value = "";
  let next = at + 1;
  for (;;) {
    const run = matchAt(STRING_RUN, text, next)?.[0] ?? "";
    value += run;
    next += run.length;
    if (text[next] === '"') return { type: "string", end: next + 1, value };
    if (text[next] !== "\\") return undefined;
    const letter = text[next + 1] ?? "";
    const hex = letter === "u" ? matchAt(HEX4, text, next + 2)?.[0] : undefined;
    const decoded = hex === undefined ? ESCAPES[letter] : utf8Bytes(Number.parseInt(hex, 16));
    if (decoded === undefined) return undefined;
    value += decoded;
    next += hex === undefined ? 2 : 6;
  }
}

/** The UTF-8 bytes of one UTF-16 unit, as latin1; a surrogate becomes three bytes of its own. */
function utf8Bytes(unit: number): string {
  if (unit < 0x80) return String.fromCharCode(unit);
  if (unit < 0x800) return String.fromCharCode(0xc0 | (unit >> 6), 0x80 | (unit & 63));
  return String.fromCharCode(0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 63), 0x80 | (unit & 63));
}

function readArray(text: string, at: number, depth: number): JsonNode | undefined {
  const items: EntryValue[] = [];
  let next = skipSpace(text, at + 1);
  if (text[next] === "]") return { type: "array", end: next + 1, items };
  for (;;) {
    const item = readValue(text, next, depth + 1);
    if (!item) return undefined;
    items.push(item);
    next = skipSpace(text, item.end);
    if (text[next] === "]") return { type: "array", end: next + 1, items };
    if (text[next] !== ",") return undefined;
    next++;
  }
}

function readObject(text: string, at: number, depth: number): JsonNode | undefined {
  const fields = new Map<string, EntryValue>();
  let next = skipSpace(text, at + 1);
  if (text[next] === "}") return { type: "object", end: next + 1, fields };
  for (;;) {
    next = skipSpace(text, next);
    const name = text[next] === '"' ? readString(text, next) : undefined;
    if (!name) return undefined;
    next = skipSpace(text, name.end);
    const value = text[next] === ":" ? readValue(text, next + 1, depth + 1) : undefined;
    if (!value) return undefined;
    fields.set(name.value, value);
    next = skipSpace(text, value.end);
    if (text[next] === "}") return { type: "object", end: next + 1, fields };
    if (text[next] !== ",") return undefined;
    next++;
  }
}
