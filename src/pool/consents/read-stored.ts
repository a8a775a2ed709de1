import type { StoredValue } from "../ports.ts";
import { MAX_ENTRY_BYTES } from "../read-entry.ts";
import { isTemplateId } from "../template-id.ts";
import { type ConsentRow, toConsentFields } from "./import-row.ts";

/**
 * The row in a value of another layout: a number or JSON with a count, in a string or in a hash field named after the
 * template. The key names the user; the template is named by the JSON, the field, --template, or the part of the key after
 * the openId: `wx:subscribe:<openId>:<templateId>`.
 */
export function readStoredConsent(stored: StoredValue, templateId: string | undefined): ConsentRow {
  const { key, openId, bytes, field } = stored;
  const place = field === undefined ? `key '${key}'` : `key '${key}', field '${toText(field)}'`;
  const bad = (error: string) => ({ place, fields: {}, error });
  if (openId === undefined) return bad("it has no recognizable openId");
  if (bytes.length > MAX_ENTRY_BYTES) return bad(`a value of more than ${MAX_ENTRY_BYTES} bytes`);
  const value = readValue(toText(bytes));
  // Under a wrong prefix the value may be a secret, so it is not quoted.
  if (value === undefined) return bad(`neither a number nor JSON with a count (${bytes.length} bytes)`);
  const behind = stored.rest.slice(1);
  const byKey = templateId ?? (isTemplateId(behind) ? behind : undefined);
  const template = field === undefined ? (value.templateId ?? byKey) : toText(field);
  return { place, fields: { ...value, openId, templateId: template } };
}

function toText(latin1: string): string {
  return Buffer.from(latin1, "latin1").toString();
}

function readValue(text: string): Record<string, unknown> | undefined {
  if (/^\s*\d{1,4}\s*$/.test(text)) return { count: text };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  // Written by serializers that encode a text as JSON.
  if (typeof value === "string") return readValue(value);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const { count, templateId, at } = toConsentFields(value as Record<string, unknown>);
  return count === undefined ? undefined : { count, templateId, at };
}
