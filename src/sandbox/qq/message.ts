import { isObject, isTextOrAbsent, parseJson } from "../json.ts";
import { isTemplate, isUser } from "../known-ids.ts";
import { isPage } from "../message.ts";

/** All members that a body may have (q.qq.com, "sendSubscriptionMessage"). */
const MEMBERS = new Set(["touser", "template_id", "page", "data", "emphasis_keyword", "oac_appid"]);

/**
 * The recipient of a body, or why it is refused. Stricter than the documentation, which does not say how other members are
 * treated: they are refused, so that a sender with another platform's bodies is noticed.
 */
export function checkQqMessage(body: string): { openId: string; templateId: string } | number {
  const parsed = parseJson(body);
  if (!isObject(parsed) || Object.keys(parsed).some((name) => !MEMBERS.has(name))) return 40035;
  const { touser, template_id: templateId, page, data, emphasis_keyword: emphasis, oac_appid: oac } = parsed;
  if (![page, emphasis, oac].every(isTextOrAbsent)) return 40035;
  if (!isUser(touser)) return 40003;
  if (!isTemplate(templateId)) return 40037;
  if (!isPage(page) || !isData(data)) return 40035;
  if (typeof emphasis === "string" && !isEmphasis(emphasis, data)) return 40035;
  if (typeof oac === "string" && (oac === "" || oac.includes("unknown"))) return 40015;
  return { openId: touser, templateId };
}

/** For a template without fields, it may be absent. */
function isData(data: unknown): boolean {
  if (data === undefined) return true;
  if (!isObject(data)) return false;
  return Object.values(data).every((field) => isObject(field) && typeof field.value === "string");
}

function isEmphasis(emphasis: string, data: unknown): boolean {
  const name = /^(\w+)\.DATA$/.exec(emphasis)?.[1];
  return name !== undefined && isObject(data) && Object.hasOwn(data, name);
}
