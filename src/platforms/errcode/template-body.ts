import type { Message } from "../../broadcast/channel.ts";
import { type BodyFor, createJsonBody } from "./json-body.ts";

/** Makes the JSON body of a template message with a formId for one recipient. */
export function createTemplateBody(message: Message): BodyFor {
  return createJsonBody(message, {
    head: ({ openId, formId }) => `"touser":${JSON.stringify(openId)},"form_id":${JSON.stringify(formId)}`,
    same: emphasisOf(message),
  });
}

/** The field that is shown large, as the platforms name it. */
export function emphasisOf({ fields, options }: Message): Record<string, string> {
  const field = options?.emphasis === undefined ? undefined : fields[Number(options.emphasis) - 1];
  return field ? { emphasis_keyword: `${field.name}.DATA` } : {};
}
