import type { Message } from "../../../broadcast/channel.ts";
import { readOptions } from "./options.ts";

/**
 * Makes the JSON body for one recipient; what is the same for all is serialised once, here. `values`, one a field in the
 * message's order, replace the message's own where they differ from recipient to recipient.
 */
export function createSubscribeBody(
  message: Message,
): (openId: string, values?: readonly string[] | undefined) => string {
  const { templateId, page, fields } = message;
  const { lang, miniprogramState } = readOptions(message.options ?? {});
  const rest = JSON.stringify({
    template_id: templateId,
    ...(page !== undefined && { page }),
    lang,
    miniprogram_state: miniprogramState,
  }).slice(1);
  const openings = fields.map(
    ({ name }, index) => `${index === 0 ? "" : ","}${JSON.stringify(name)}:{"value":`,
  );
  const dataOf = (values: readonly string[]) =>
    `{${openings.map((opening, index) => `${opening}${JSON.stringify(values[index] ?? "")}}`).join("")}}`;
  const data = dataOf(fields.map(({ value }) => value));
  return (openId, values) =>
    `{"touser":${JSON.stringify(openId)},"data":${values ? dataOf(values) : data},${rest}`;
}
