import type { Message } from "../../broadcast/channel.ts";

/** Makes the JSON body for one recipient; all but openId and formId is serialised once, here. */
export function createTemplateBody(message: Message): (openId: string, formId: string) => string {
  const rest = JSON.stringify(constantPart(message)).slice(1);
  return (openId, formId) =>
    `{"touser":${JSON.stringify(openId)},"form_id":${JSON.stringify(formId)},${rest}`;
}

function constantPart({ templateId, page, fields, options }: Message) {
  const emphasis = options?.emphasis;
  return {
    template_id: templateId,
    data: Object.fromEntries(fields.map(({ name, value }) => [name, { value }])),
    ...(page === undefined ? {} : { page }),
    ...(emphasis === undefined ? {} : { emphasis_keyword: `keyword${emphasis}.DATA` }),
  };
}
