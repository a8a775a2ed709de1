import type { WireSubscribeMessage } from "../../platforms/wechat/wire.ts";
import { isObject, isTextOrAbsent, parseJson } from "../json.ts";
import { isUser } from "../known-ids.ts";
import { isPage } from "../message.ts";
import { fitsField } from "./field-rules.ts";
import type { KnownTemplate, Templates } from "./templates.ts";

/** Why a message is refused. */
export interface Refusal {
  errcode: number;
  errmsg?: string | undefined;
}

/** A message that is valid, except perhaps for the user's consent. */
export interface Accepted {
  message: WireSubscribeMessage;
  template: KnownTemplate;
}

const STATES: readonly unknown[] = [undefined, "", "developer", "trial", "formal"];
const LANGS: readonly unknown[] = [undefined, "", "zh_CN", "en_US", "zh_HK", "zh_TW"];
/** A forbidden word of the sandbox: the platform's own list is not public. */
const BLOCKED_WORD = "违禁词";

/**
 * Checks the body of a send, or returns why it is refused. The platform's order is not documented; the user's consent
 * is checked after this, so that an invalid message is never mistaken for one that a user refused.
 */
export function checkSubscribeMessage(body: string, templates: Templates): Accepted | Refusal {
  const parsed = parseJson(body);
  if (!isObject(parsed)) return { errcode: 47001 };
  const { touser, template_id: templateId, page, data, miniprogram_state: state, lang } = parsed;
  if (![touser, templateId, page, state, lang].every(isTextOrAbsent)) return { errcode: 47001 };
  // An older page of the vendor gives its type as string; JSON text in a string is refused nevertheless (reported by
  // users).
  if (!isObject(data)) return { errcode: 47003, errmsg: "argument invalid! data" };
  if (!isUser(touser)) return { errcode: 40003 };
  const template = typeof templateId === "string" ? templates.find(templateId) : undefined;
  if (template === undefined) return { errcode: 40037 };
  if (!isPage(page)) return { errcode: 41030 };
  if (!STATES.includes(state)) return { errcode: 47003, errmsg: "argument invalid! miniprogram_state" };
  if (!LANGS.includes(lang)) return { errcode: 47003, errmsg: "argument invalid! lang" };
  return checkData(data, template) ?? { message: parsed as unknown as WireSubscribeMessage, template };
}

function checkData(data: Record<string, unknown>, { fields }: KnownTemplate): Refusal | undefined {
  let isBlocked = false;
  for (const { name, allowed } of fields) {
    const value = readValue(data[name]);
    const problem = problemOf(value, name, allowed);
    if (problem !== undefined) return refuseField(name, problem);
    isBlocked ||= String(value).includes(BLOCKED_WORD);
  }
  const keys = Object.keys(data);
  // All fields are present, so additional keys are unknown ones.
  if (keys.length > fields.length)
    return refuseField(keys.find((key) => !fields.some(({ name }) => name === key)) ?? "", "invalid");
  return isBlocked ? { errcode: 45168 } : undefined;
}

function refuseField(name: string, problem: string): Refusal {
  return { errcode: 47003, errmsg: `argument invalid! data.${name}.value ${problem}` };
}

/** The platform's message, with its spelling (reported by users). */
function problemOf(value: unknown, name: string, allowed?: readonly string[]): string | undefined {
  if (value === undefined || value === null || value === "") return "is emtpy";
  return typeof value === "string" && fitsField(name, value, allowed) ? undefined : "invalid";
}

function readValue(field: unknown): unknown {
  return isObject(field) ? field.value : undefined;
}
