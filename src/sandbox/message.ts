import type { WireTemplateMessage } from "../platforms/wechat/wire.ts";
import { isObject, isTextOrAbsent, parseJson } from "./json.ts";
import { isTemplate, isUser } from "./known-ids.ts";

/** A body with fields of the right types; its contents may still be refused. */
export type Draft = Partial<WireTemplateMessage> & Pick<WireTemplateMessage, "data">;

/**
 * Parses the body of a send; 47001 (not JSON, a field of the wrong type) or 47003 (`data` is not {key: {value: text}}).
 */
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

/**
 * Checks everything about a message except its code, in the platform's order: 0 or an errcode. The openId prefix `refused_` is
 * reserved for users who answer 43101, so that tests and the demo can have some.
 */
export function checkDraft(draft: Draft, templates: ReadonlySet<string>): number {
  const { touser, template_id: templateId, page, emphasis_keyword: emphasis } = draft;
  if (!isUser(touser)) return 40003;
  if (!isTemplate(templateId, templates)) return 40037;
  if (!isPage(page)) return 41030;
  if (emphasis && !isEmphasisOf(emphasis, draft.data)) return 47003;
  return touser.startsWith("refused_") ? 43101 : 0;
}

function isEmphasisOf(emphasis: string, data: Draft["data"]): boolean {
  const keyword = /^(keyword[1-9]\d*)\.DATA$/.exec(emphasis)?.[1];
  return keyword !== undefined && Object.hasOwn(data, keyword);
}

/** A path of the mini program, or nothing. A leading slash is refused (reported by users). */
export function isPage(page: unknown): boolean {
  if (page === undefined || page === "") return true;
  return typeof page === "string" && page.length <= 1024 && !page.startsWith("/") && !page.startsWith("http");
}

function isData(data: unknown): boolean {
  if (!isObject(data)) return false;
  for (const key in data) {
    const field = data[key];
    if (!isObject(field) || typeof field.value !== "string") return false;
  }
  return true;
}
