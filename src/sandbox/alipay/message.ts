import type { WireAlipayMessage } from "../../platforms/alipay/wire.ts";
import { isWellFormedId } from "../codes.ts";
import { isObject, isTextOrAbsent, parseJson } from "../json.ts";
import { isTemplate } from "../known-ids.ts";

/** A message that is valid except perhaps for its permission. */
export interface AlipayDraft {
  openId: string;
  templateId: string;
  /** Absent: a subscription message. */
  formId: string | undefined;
}

const INVALID = "40002/isv.invalid-parameter";

/**
 * The message in `biz_content`, or the word of a refusal. `templates`: the known ones; if empty, any well-formed id is
 * accepted.
 */
export function readAlipayMessage(text: string, templates: ReadonlySet<string>): AlipayDraft | string {
  const message = parseJson(text);
  if (!isObject(message)) return INVALID;
  const {
    to_user_id: userId,
    to_open_id: openId,
    form_id: formId,
    user_template_id: id,
    page,
    data,
  } = message;
  if (![userId, openId, formId, id, page, data].every(isTextOrAbsent)) return INVALID;
  const draft = message as Partial<WireAlipayMessage>;
  // Which of the two counts if both are present is not documented.
  if ((draft.to_user_id === undefined) === (draft.to_open_id === undefined)) return INVALID;
  if (draft.to_user_id !== undefined && !/^2088\d{12}$/.test(draft.to_user_id)) return INVALID;
  const to = draft.to_user_id ?? draft.to_open_id ?? "";
  if (!isWellFormedId(to) || to.length > 64) return INVALID;
  if (!draft.page || draft.page.length > 128) return INVALID;
  if (draft.form_id !== undefined && (draft.form_id === "" || draft.form_id.length > 64)) return INVALID;
  const { user_template_id: templateId = "" } = draft;
  if (templateId.length > 64 || !isTemplate(templateId, templates)) return "40004/USER_TEMPLATE_ILLEGAL";
  return refuseData(draft.data ?? "") ?? { openId: to, templateId, formId: draft.form_id };
}

/**
 * `data` is JSON in a string. The number of a template's keywords is not known here; only gaps before the last one are
 * refused.
 */
function refuseData(text: string): string | undefined {
  const data = parseJson(text);
  if (!isObject(data) || text.length > 2048) return INVALID;
  const names = Object.keys(data);
  if (names.length === 0) return "40004/USER_TEMPLATE_LACK_KEYWORD";
  for (let i = 1; i <= names.length; i++) {
    const field = data[`keyword${i}`];
    if (field === undefined) return "40004/USER_TEMPLATE_LACK_KEYWORD";
    if (!isObject(field) || typeof field.value !== "string") return INVALID;
    if (field.value.length > 50) return "40004/USER_KEYWORD_LENGTH_ERROR";
  }
  return undefined;
}
