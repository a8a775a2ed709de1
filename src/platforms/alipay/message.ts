import type { Message, MessageField, MessageInput } from "../../broadcast/channel.ts";
import type { Addressee, OwnTexts } from "../../broadcast/ports.ts";
import { usageError } from "../../errors.ts";
import { createOwnData } from "../errcode/own-data.ts";
import { toTemplateMessage } from "../errcode/template-message.ts";
import type { WireAlipayMessage } from "./wire.ts";

/** Source: the vendor's page on templatemessage.send. Lengths in characters as Java counts them. */
const MOST = { value: 50, page: 128, data: 2048, templateId: 64 };

/** Makes a message from the command line's values. Throws a usage error that names value and limit. */
export function toAlipayMessage(input: MessageInput): Message {
  const message = toTemplateMessage(input);
  const { page, fields, templateId } = message;
  if (page === undefined)
    throw usageError(
      "Alipay's messages need a page",
      "give --page 'pages/index/index': where a tap on the message leads",
    );
  if (fields.length === 0)
    throw usageError(
      "no values for the template's keywords",
      "give --keywords with one value for each of them",
    );
  const isOpen = (text: string) => input.columns !== undefined && text.includes("{{");
  if (!isOpen(page) && page.length > MOST.page) throw tooLong("--page", page.length, MOST.page);
  if (templateId.length > MOST.templateId)
    throw tooLong("the template id", templateId.length, MOST.templateId);
  for (const { name, value } of fields)
    if (!isOpen(value) && value.length > MOST.value) throw tooLong(name, value.length, MOST.value);
  const data = createOwnData(message)({ values: [] });
  if (data.length > MOST.data) throw tooLong("the JSON text of all keywords", data.length, MOST.data);
  return message;
}

function tooLong(what: string, has: number, most: number): Error {
  return usageError(`${what} has ${has} characters; Alipay takes ${most}`, "shorten it");
}

/** The rule that a recipient's own value breaks. */
export function problemOfValue({ name, value }: MessageField): string | undefined {
  return value.length > MOST.value
    ? `${name} has ${value.length} characters; Alipay takes ${MOST.value}`
    : undefined;
}

/**
 * `biz_content` for one recipient; all parts that are the same for everybody are serialised once, here. `withCode`: a formId
 * is included.
 */
export function createBizContent(message: Message, withCode: boolean): (to: Addressee) => string {
  const { templateId, page } = message;
  const dataOf = createOwnData(message);
  const restOf = (own: OwnTexts) => {
    const rest = { user_template_id: templateId, page: own.page ?? page, data: dataOf(own) };
    return JSON.stringify(rest).slice(1);
  };
  const same = restOf({ values: [] });
  return ({ openId, formId, own }) => {
    const code = withCode ? `"form_id":${JSON.stringify(formId)},` : "";
    return `{"${addressOf(openId)}":${JSON.stringify(openId)},${code}${own ? restOf(own) : same}`;
  };
}

/**
 * A userId has 16 digits and begins with 2088; anything else is an openId, which newer mini programs get instead. Source: the
 * vendor's page on openIds.
 */
function addressOf(openId: string): keyof WireAlipayMessage {
  return /^2088\d{12}$/.test(openId) ? "to_user_id" : "to_open_id";
}
