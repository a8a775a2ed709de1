import type { Message } from "../../broadcast/channel.ts";
import type { Addressee, OwnTexts } from "../../broadcast/ports.ts";
import { createOwnData } from "./own-data.ts";

export type TemplateBody = (to: Addressee) => string;

/** Makes the JSON body for one recipient; all that is the same for everybody is serialised once, here. */
export function createTemplateBody(message: Message): TemplateBody {
  const rest = JSON.stringify(constantPart(message)).slice(1);
  const ownRest = createOwnPart(message);
  return ({ openId, formId, own }) =>
    `{"touser":${JSON.stringify(openId)},"form_id":${JSON.stringify(formId)},${own ? ownRest(own) : rest}`;
}

/** The same where some texts are the recipient's own. */
function createOwnPart(message: Message): (own: OwnTexts) => string {
  const { data: _, page, ...others } = constantPart(message);
  const rest = JSON.stringify(others).slice(1, -1);
  const dataOf = createOwnData(message);
  const samePage = page === undefined ? "" : `,"page":${JSON.stringify(page)}`;
  return (own) => {
    const pagePart = own.page === undefined ? samePage : `,"page":${JSON.stringify(own.page)}`;
    return `${rest}${pagePart},"data":${dataOf(own)}}`;
  };
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
