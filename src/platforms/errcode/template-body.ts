import type { Message } from "../../broadcast/channel.ts";
import { type BodyFor, createJsonBody } from "./json-body.ts";

/** Makes the JSON body of a template message with a formId for one recipient. */
export function createTemplateBody(message: Message): BodyFor {
  return createJsonBody(message, {
    head: ({ openId, formId }) => `"touser":${JSON.stringify(openId)},"form_id":${JSON.stringify(formId)}`,
    same: emphasisOf(message),
  });
}

/** The field to be shown large, under the name that the platforms use. */
export function emphasisOf({ fields, options }: Message): Record<string, string> {
  const number = options?.emphasis;
  if (number === undefined) return {};
  return { emphasis_keyword: `${fields[Number(number) - 1]?.name ?? `keyword${number}`}.DATA` };
}
