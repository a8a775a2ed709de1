import type { EntryValue } from "./json-reader.ts";
import { isoToMs, timeToMs } from "./times.ts";

type Meaning = "formId" | "expire" | "created" | "scene";

/**
 * Field names used by backends, without case, `_` and `-`. Excluded are names that may be a duration (`expiresIn`, `ttl`,
 * `validity`), a flag (`expired`) or another time (`updateTime`). "cerate" is a misspelling that a backend in production
 * writes.
 */
const NAMES: Record<Meaning, string> = {
  formId: "formid fromid",
  expire: `expire expires expiry expiration expireat expiresat expiredat expireson expiretime expirestime expiredtime
    expirytime expirationtime expiredate expirydate expirationdate expiretimestamp`,
  created: `created createat createdat createtime createdtime creationtime createdate creationdate ceratetime ctime
    gmtcreate addtime timestamp`,
  scene: "scene scenetype",
};

const MEANINGS = new Map(
  (Object.keys(NAMES) as Meaning[]).flatMap((meaning) =>
    NAMES[meaning].split(/\s+/).map((name): [string, Meaning] => [name, meaning]),
  ),
);
/** Allows for a name with a few `_`; longer ones need no lookup. */
const LONGEST_NAME = 24;

/** Names met so far, as they were written: there are few of them in millions of entries. The cache is bounded. */
const met = new Map<string, Meaning | undefined>();
const MAX_MET = 1000;

function meaningOf(name: string): Meaning | undefined {
  if (met.has(name)) return met.get(name);
  const meaning = MEANINGS.get(name.replace(/[_-]/g, "").toLowerCase());
  if (met.size < MAX_MET) met.set(name, meaning);
  return meaning;
}

/** The values of an object's fields that have this meaning; null counts as absent. */
export function valuesOf(fields: Map<string, EntryValue>, meaning: Meaning): EntryValue[] {
  const values: EntryValue[] = [];
  for (const [name, wrapped] of fields) {
    if (name.length > LONGEST_NAME) continue;
    if (meaningOf(name) !== meaning) continue;
    const value = unwrap(wrapped);
    if (value.type !== "literal" || value.text !== "null") values.push(value);
  }
  return values;
}

/** Jackson's type wrapper: ["java.lang.Long", 1568000000000] stands for its second item. */
export function unwrap(node: EntryValue): EntryValue {
  if (node.type !== "array" || node.items.length !== 2 || node.items[0]?.type !== "string") return node;
  return node.items[1] ?? node;
}

/** The formId in the fields; undefined if there is none, or if two of them disagree. */
export function readFormId(fields: Map<string, EntryValue>): string | undefined {
  const plain = fields.size === 2 && fields.has("expire") ? fields.get("formId") : undefined;
  if (plain?.type === "string") return plain.value;
  const [first, ...others] = valuesOf(fields, "formId").map(toFormId);
  return others.every((other) => other === first) ? first : undefined;
}

function toFormId(node: EntryValue): string | undefined {
  if (node.type === "string") return node.value;
  return node.type === "number" && node.integer ? node.text : undefined;
}

/** The most that the same time in seconds and in ms can differ. */
const ROUNDING_MS = 1000;

/**
 * The time in the fields of a meaning, epoch ms. Undefined when none of them is certain to be a time, and when two of them
 * differ: then it is unknown when the code expires, and it has to stay. If two agree, the later one.
 */
export function readTime(fields: Map<string, EntryValue>, meaning: "expire" | "created"): number | undefined {
  const plain = meaning === "expire" && fields.size === 2 ? fields.get("expire") : undefined;
  // Nearly all entries have only these fields: no need to look names up, in millions of entries.
  if (plain?.type === "number" && fields.has("formId")) return timeToMs(plain.value);
  const times = valuesOf(fields, meaning)
    .map(toTime)
    .filter((ms) => ms !== undefined);
  const latest = Math.max(...times);
  return times.length > 0 && latest - Math.min(...times) < ROUNDING_MS ? latest : undefined;
}

/**
 * The kind of event that a code came from, by Baidu's numbers: 1 is a form, the default; 2 and 3 are its two kinds of
 * payment. Any other value in such a field is a team's own: WeChat's scenes, for example, are numbers above 1000.
 */
export function readScene(fields: Map<string, EntryValue>): number | undefined {
  // Only formId and expiry: nearly all entries.
  if (fields.size === 2) return undefined;
  for (const value of valuesOf(fields, "scene")) {
    const text = value.type === "string" ? value.value : value.type === "number" ? value.text : "";
    if (text === "2" || text === "3") return Number(text);
  }
  return undefined;
}

/** A number, its digits as text, or ISO 8601 with an offset, to epoch ms. */
export function toTime(node: EntryValue): number | undefined {
  if (node.type === "number") return timeToMs(node.value);
  if (node.type !== "string") return undefined;
  return /^(?:[0-9]{1,16}|[0-9]{19})$/.test(node.value) ? timeToMs(Number(node.value)) : isoToMs(node.value);
}
