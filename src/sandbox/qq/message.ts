import { isWellFormedId } from "../codes.ts";
import { isObject, isTextOrAbsent, parseJson } from "../json.ts";
import { isPage } from "../message.ts";

/** All that a body may have (q.qq.com, "sendSubscriptionMessage"). */
const MEMBERS = new Set(["touser", "template_id", "page", "data", "emphasis_keyword", "oac_appid"]);

/**
 * Whom a body is for, or why it is refused. Stricter than the page, which does not say what becomes of other members: they
 * are refused, so that a sender of another platform's bodies shows.
 */
export function checkQqMessage(body: string): { openId: string; templateId: string } | number {
  const parsed = parseJson(body);
  if (!isObject(parsed) || Object.keys(parsed).some((name) => !MEMBERS.has(name))) return 40035;
  const { touser, template_id: templateId, page, data, emphasis_keyword: emphasis, oac_appid: oac } = parsed;
  if (![page, emphasis, oac].every(isTextOrAbsent)) return 40035;
  if (typeof touser !== "string" || !isWellFormedId(touser) || touser.startsWith("invalid_")) return 40003;
  if (typeof templateId !== "string" || !isWellFormedId(templateId) || templateId.includes("unknown"))
    return 40037;
  if (!isPage(page) || !isData(data)) return 40035;
  if (typeof emphasis === "string" && !isEmphasis(emphasis, data)) return 40035;
  if (typeof oac === "string" && (oac === "" || oac.includes("unknown"))) return 40015;
  return { openId: touser, templateId };
}

/** Of a template without fields there may be none. */
function isData(data: unknown): boolean {
  if (data === undefined) return true;
  if (!isObject(data)) return false;
  return Object.values(data).every((field) => isObject(field) && typeof field.value === "string");
}

function isEmphasis(emphasis: string, data: unknown): boolean {
  const name = /^(\w+)\.DATA$/.exec(emphasis)?.[1];
  return name !== undefined && isObject(data) && Object.hasOwn(data, name);
}
