import type { EntryValue } from "./json-reader.ts";
import { isoToMs, timeToMs } from "./times.ts";

type Meaning = "formId" | "expire" | "created" | "scene";

/**
 * Names as backends have them, without case, `_` and `-`. None that may be a duration (`expiresIn`, `ttl`, `validity`), a
 * flag (`expired`) or another time (`updateTime`). "cerate" is what a backend in use writes.
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
/** A name with some `_` in it; longer ones need no look. */
const LONGEST_NAME = 24;

/** Names that were met, as they were written: there are few, in millions of entries. Keeps no more than so many. */
const met = new Map<string, Meaning | undefined>();
const MOST_MET = 1000;

function meaningOf(name: string): Meaning | undefined {
  if (met.has(name)) return met.get(name);
  const meaning = MEANINGS.get(name.replace(/[_-]/g, "").toLowerCase());
  if (met.size < MOST_MET) met.set(name, meaning);
  return meaning;
}

/** The values of the fields of an object that have a meaning; null counts as absent. */
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

/** The formId in the fields; undefined without one, and where two of them disagree. */
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

/** The same time in seconds and in ms are this far apart at most. */
const ROUNDING_MS = 1000;

/**
 * The time that the fields of a meaning tell, epoch ms. Undefined when none of them is surely one, and when two tell
 * different ones: then nobody knows when the code ends, and it has to stay. Of two that agree the later.
 */
export function readTime(fields: Map<string, EntryValue>, meaning: "expire" | "created"): number | undefined {
  const plain = meaning === "expire" && fields.size === 2 ? fields.get("expire") : undefined;
  // Nearly all entries have nothing but these: no need to look at names, in millions of entries.
  if (plain?.type === "number" && fields.has("formId")) return timeToMs(plain.value);
  const times = valuesOf(fields, meaning)
    .map(toTime)
    .filter((ms) => ms !== undefined);
  const latest = Math.max(...times);
  return times.length > 0 && latest - Math.min(...times) < ROUNDING_MS ? latest : undefined;
}

/**
 * Of what kind of event a code is, by Baidu's numbers: 1 a form, which is what every code is that does not say so, 2 and 3 its two
 * kinds of payments. Anything else in such a field is a team's own affair: WeChat's scenes, say, are numbers above 1000.
 */
export function readScene(fields: Map<string, EntryValue>): number | undefined {
  // Nothing but formId and expiry: nearly all entries.
  if (fields.size === 2) return undefined;
  for (const value of valuesOf(fields, "scene")) {
    const text = value.type === "string" ? value.value : value.type === "number" ? value.text : "";
    if (text === "2" || text === "3") return Number(text);
  }
  return undefined;
}

/** A number, its digits as a text, or ISO 8601 with an offset -> epoch ms. */
export function toTime(node: EntryValue): number | undefined {
  if (node.type === "number") return timeToMs(node.value);
  if (node.type !== "string") return undefined;
  return /^(?:[0-9]{1,16}|[0-9]{19})$/.test(node.value) ? timeToMs(Number(node.value)) : isoToMs(node.value);
}
