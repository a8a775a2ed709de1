import type { WireTemplateMessage } from "../platforms/wechat/wire.ts";
import { isWellFormedId } from "./codes.ts";

/** A body with the right types; what it says may still be refused. */
export type Draft = Partial<WireTemplateMessage> & Pick<WireTemplateMessage, "data">;

/** The body of a send, or 47001 (not JSON, a field of the wrong type) or 47003 (`data` is not {key: {value: text}}). */
export function parseDraft(body: string): Draft | number {
  const parsed = parseJson(body);
  if (!isObject(parsed)) return 47001;
  const typed =
    isTextOrAbsent(parsed.touser) &&
    isTextOrAbsent(parsed.template_id) &&
    isTextOrAbsent(parsed.form_id) &&
    isTextOrAbsent(parsed.page) &&
    isTextOrAbsent(parsed.emphasis_keyword);
  if (!typed) return 47001;
  return isData(parsed.data) ? (parsed as Draft) : 47003;
}

/** The value, or undefined for what is not JSON, which no JSON text yields. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Everything about a message but its code, in the platform's order: 0 or an errcode. Two openId prefixes are reserved so
 * that tests and the demo can have such users: `invalid_` answers 40003, `refused_` answers 43101.
 */
export function checkDraft(draft: Draft, templates: ReadonlySet<string>): number {
  const { touser, template_id: templateId, page, emphasis_keyword: emphasis } = draft;
  if (touser === undefined || !isWellFormedId(touser) || touser.startsWith("invalid_")) return 40003;
  if (templateId === undefined || !isKnownTemplate(templateId, templates)) return 40037;
  if (page && (page.length > 1024 || page.startsWith("/") || page.startsWith("http"))) return 41030;
  if (emphasis && !isEmphasisOf(emphasis, draft.data)) return 47003;
  return touser.startsWith("refused_") ? 43101 : 0;
}

function isKnownTemplate(id: string, templates: ReadonlySet<string>): boolean {
  return templates.size > 0 ? templates.has(id) : isWellFormedId(id) && !id.includes("unknown");
}

function isEmphasisOf(emphasis: string, data: Draft["data"]): boolean {
  const keyword = /^(keyword[1-9]\d*)\.DATA$/.exec(emphasis)?.[1];
  return keyword !== undefined && Object.hasOwn(data, keyword);
}

function isTextOrAbsent(value: unknown): boolean {
  return value === undefined || typeof value === "string";
}

function isData(data: unknown): boolean {
  if (!isObject(data)) return false;
  for (const key in data) {
    const field = data[key];
    if (!isObject(field) || typeof field.value !== "string") return false;
  }
  return true;
}
