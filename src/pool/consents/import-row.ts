import { openIdFault } from "../check-value.ts";
import { type Consent, isConsentId, readConsent } from "../consent.ts";
import { parseBase64, parseTime } from "../import-row.ts";
import { quoteValue } from "../quote-value.ts";
import { isTemplateId } from "../template-id.ts";

/** One row to import before validation; its fields have the names of their file. */
export interface ConsentRow {
  /** Its position, as messages show it: "line 6", "key 'wx:quota:oA'". */
  place: string;
  fields: Readonly<Record<string, unknown>>;
  /** Why it could not be parsed at all. */
  error?: string | undefined;
}

/**
 * The content of a valid row. Consents without an id get one from their position among the user's in the batch.
 */
export type ParsedConsentRow = { openId: string; templateId: string } & (
  | { raw: string }
  | { consent: GivenConsent }
  | { count: number; atMs: number | undefined; standing: boolean }
);

/** A consent with an id of its own; its time may be missing. */
export type GivenConsent = Omit<Consent, "atMs"> & { atMs: number | undefined };

/** Column names as backends and their exports use them, without case, blanks, `_` and `-`, mapped to ours. */
const FIELDS: Record<string, string> = {
  openid: "openId",
  touser: "openId",
  templateid: "templateId",
  tmplid: "templateId",
  tplid: "templateId",
  consent: "consent",
  consentid: "consent",
  subscribeid: "consent",
  at: "at",
  createdat: "at",
  createtime: "at",
  grantedat: "at",
  lastgrantedat: "at",
  standing: "standing",
  raw: "raw",
  rawbase64: "rawBase64",
};

/** Names that backends use for the number of remaining consents. */
const COUNTS =
  /^(count|quota|remaining|available|left|num|number|times|balance|(remaining|available|left)(count|quota|times|num))$/;

function fieldOf(name: string): string | undefined {
  const plain = name.toLowerCase().replace(/[_\-\s]/g, "");
  return FIELDS[plain] ?? (COUNTS.test(plain) ? "count" : undefined);
}

/** The fields of a row, or of a JSON value in Redis, under our names; other fields are ignored. */
export function toConsentFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const own: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    const field = fieldOf(name);
    if (field !== undefined && !isMissing(value)) own[field] ??= value;
  }
  return own;
}

function isMissing(value: unknown): boolean {
  return value === undefined || value === null || value === "" || value === "\\N" || value === "NULL";
}

export interface RowTerms {
  isOpenId(text: string): boolean;
  /** For rows that don't name a template. */
  templateId: string | undefined;
  /** The platform requires an id for each consent: a count is useless. */
  needsId?: boolean | undefined;
}

/** What to append for a row, or why the row is invalid. */
export function parseConsentRow(row: ConsentRow, terms: RowTerms): ParsedConsentRow | string {
  if (row.error !== undefined) return row.error;
  const fields = withoutTemplate(toConsentFields(row.fields), terms);
  const fault = openIdFault(fields.openId, terms.isOpenId);
  if (fault !== undefined) return fault;
  const openId = fields.openId as string;
  const templateId = fields.templateId ?? terms.templateId;
  if (templateId === undefined) return "it has no templateId, and --template is not given";
  if (typeof templateId !== "string" || !isTemplateId(templateId))
    return `${quoteValue(templateId)} is not a template id`;
  const what = parseWhat(fields);
  if (terms.needsId && typeof what !== "string" && "count" in what)
    return "it has no consent: the id under which the user agreed, which the platform wants with the message";
  return typeof what === "string" ? what : { openId, templateId, ...what };
}

/** For a file without a header whose rows are openId and count, when --template names the template. */
function withoutTemplate(fields: Record<string, unknown>, { templateId }: RowTerms): Record<string, unknown> {
  const { templateId: second, ...others } = fields;
  const isCount = typeof second === "string" && /^\d{1,4}$/.test(second) && fields.count === undefined;
  return templateId !== undefined && isCount ? { ...others, count: second } : fields;
}

type What =
  | { raw: string }
  | { consent: GivenConsent }
  | { count: number; atMs: number | undefined; standing: boolean };

function parseWhat(fields: Record<string, unknown>): What | string {
  if (fields.raw !== undefined || fields.rawBase64 !== undefined) return parseRaw(fields);
  const atMs = parseAt(fields.at);
  if (typeof atMs === "string") return atMs;
  const standing = parseStanding(fields.standing);
  if (typeof standing === "string") return standing;
  const count = parseCount(fields.count);
  if (typeof count === "string") return count;
  if (fields.consent === undefined) return { count: standing ? Math.min(count, 1) : count, atMs, standing };
  const id = fields.consent;
  if (typeof id !== "string" || !isConsentId(id))
    return `${quoteValue(id)} is not a consent's id: visible ASCII without " and \\, up to 128 characters`;
  if (count !== 1) return `a consent with an id counts as one, not ${count}`;
  return { consent: { id, atMs, standing } };
}

function parseRaw({ raw, rawBase64 }: Record<string, unknown>): What | string {
  const bytes =
    raw === undefined ? parseBase64(rawBase64) : typeof raw === "string" && Buffer.from(raw, "utf8");
  if (!bytes) return `${quoteValue(raw ?? rawBase64)} is not an entry: text, or base64 in rawBase64`;
  const text = bytes.toString("latin1");
  const entry = readConsent(text);
  // Its id identifies it, however it is written.
  return entry.readable ? { consent: entry.consent } : { raw: text };
}

function parseAt(value: unknown): number | undefined | string {
  if (value === undefined) return undefined;
  return (
    parseTime(value) ?? `${quoteValue(value)} is not a time: epoch seconds (10 digits), ms (13), or ISO 8601`
  );
}

function parseStanding(value: unknown): boolean | string {
  if (value === undefined) return false;
  const word = String(value).toLowerCase();
  if (["true", "1", "yes"].includes(word)) return true;
  return ["false", "0", "no"].includes(word) ? false : `${quoteValue(value)} is neither true nor false`;
}

/** A larger number can't be a count of taps on "allow": it is the wrong column. */
const MOST = 1000;

function parseCount(value: unknown): number | string {
  if (value === undefined) return 1;
  const text = String(value).trim();
  const count = /^\d+(\.0+)?$/.test(text) ? Number(text) : Number.NaN;
  if (count >= 0 && count <= MOST) return count;
  return `${quoteValue(value)} is not a count (0 to ${MOST})`;
}
