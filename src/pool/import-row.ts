import { expiryFault, formIdFault, openIdFault } from "./check-value.ts";
import { writeEntry } from "./code.ts";
import type { PushRequest } from "./ports.ts";
import { quoteValue } from "./quote-value.ts";
import { readEntry } from "./read-entry.ts";
import { inRange, timeToMs } from "./times.ts";

/** The fields of a code or entry to import, before validation, unchanged. */
export interface ImportFields {
  openId?: unknown;
  formId?: unknown;
  expire?: unknown;
  uses?: unknown;
  scene?: unknown;
  /** An entry byte for byte, from an export; replaces the other fields. */
  raw?: unknown;
  rawBase64?: unknown;
}

/** One code or entry to import, and its position: a line, or the text for messages ("key 'mina:openId:oA'"). */
export interface ImportRow {
  line?: number | undefined;
  place?: string | undefined;
  fields: ImportFields;
  /** Why it could not be parsed at all. */
  error?: string | undefined;
}

/** Its position, as messages show it. */
export function placeOf({ line, place }: ImportRow): string {
  return place ?? `line ${line}`;
}

export interface ParsedRow {
  openId: string;
  push: PushRequest;
  /** When the last code of the entry expires, epoch ms; infinite when unknown. */
  expireMs: number;
}

/** What to push for a row, or why the row is invalid. */
export function parseRow(row: ImportRow, isOpenId: (text: string) => boolean): ParsedRow | string {
  if (row.error !== undefined) return row.error;
  const { fields } = row;
  const [openId, formId] = [fields.openId as string, fields.formId as string];
  const fault = openIdFault(openId, isOpenId);
  if (fault !== undefined) return fault;
  const isEntry = fields.raw !== undefined || fields.rawBase64 !== undefined;
  if (isEntry && fields.formId === undefined) return parseEntry(openId, fields);
  const formFault = formIdFault(formId);
  if (formFault !== undefined) return formFault;
  const expireMs = parseTime(fields.expire);
  if (expireMs === undefined) return expiryFault(fields.expire);
  const uses = parseUses(fields.uses);
  if (typeof uses === "string") return uses;
  const scene = parseScene(fields.scene);
  if (typeof scene === "string") return scene;
  return { openId, push: { formId, entry: writeEntry({ formId, expireMs, uses, scene }) }, expireMs };
}

/**
 * An entry to append unchanged. The pool holds it already if it holds the same bytes, or its code if there is exactly one.
 */
function parseEntry(openId: string, { raw, rawBase64 }: ImportFields): ParsedRow | string {
  const bytes =
    raw === undefined ? parseBase64(rawBase64) : typeof raw === "string" && Buffer.from(raw, "utf8");
  if (!bytes)
    return `${quoteValue(raw === undefined ? rawBase64 : raw)} is not an entry: text, or base64 in rawBase64`;
  const text = bytes.toString("latin1");
  const entry = readEntry(text);
  const codes = entry.readable ? entry.codes : [];
  const [only] = codes;
  const named = codes.length === 1 && only?.wellFormed;
  return {
    openId,
    push: { formId: named ? only.formId : "", entry: text },
    expireMs: codes.reduce(
      (last, code) => Math.max(last, code.expireMs),
      codes.length > 0 ? -Infinity : Infinity,
    ),
  };
}

export function parseBase64(value: unknown): Buffer | undefined {
  if (typeof value !== "string" || value.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(value))
    return undefined;
  return Buffer.from(value, "base64");
}

function parseUses(value: unknown): number | string {
  if (value === undefined || value === null || value === "") return 1;
  const uses = Number(value);
  if (Number.isInteger(uses) && uses >= 1 && uses <= 1000) return uses;
  return `${quoteValue(value)} is not a number of uses (1 to 1000)`;
}

/** Undefined for a form, the default. */
function parseScene(value: unknown): number | undefined | string {
  if (value === undefined || value === null || value === "") return undefined;
  const scene = Number(value);
  if (scene === 1) return undefined;
  return scene === 2 || scene === 3
    ? scene
    : `${quoteValue(value)} is not a scene (1 form, 2 Baidu's cashier, 3 direct order)`;
}

const ISO_8601 = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?( ?(Z|[+-]\d\d:?\d\d))?)?$/;

/** Epoch ms or seconds, as a number or digits, or ISO 8601. */
export function parseTime(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? timeToMs(value) : undefined;
  if (typeof value !== "string") return undefined;
  if (/^\d{1,19}$/.test(value)) return timeToMs(Number(value));
  if (!ISO_8601.test(value)) return undefined;
  return inRange(Date.parse(value));
}
