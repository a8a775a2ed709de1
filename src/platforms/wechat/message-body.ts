import type { OwnTexts } from "../../broadcast/ports.ts";
import type { WireTemplateMessage } from "./wire.ts";

/** What is the same for every recipient of a broadcast. */
export interface TemplateMessage {
  templateId: string;
  page?: string | undefined;
  /** The N-th value becomes keywordN, N from 1. */
  keywords: readonly string[];
  /** The number of the keyword to show large, from 1. */
  emphasis?: number | undefined;
}

export type MessageBody = (openId: string, formId: string, own?: OwnTexts) => string;

/** Makes the JSON body for one recipient; all that is the same for everybody is serialised once, here. */
export function createMessageBody(message: TemplateMessage): MessageBody {
  const rest = JSON.stringify(constantPart(message)).slice(1);
  const ownRest = createOwnPart(message);
  return (openId, formId, own) =>
    `{"touser":${JSON.stringify(openId)},"form_id":${JSON.stringify(formId)},${own ? ownRest(own) : rest}`;
}

/** The same where some texts are the recipient's own. */
function createOwnPart(message: TemplateMessage): (own: OwnTexts) => string {
  const { data: _, page, ...others } = constantPart(message);
  const rest = JSON.stringify(others).slice(1, -1);
  const names = message.keywords.map((_, index) => `"keyword${index + 1}":{"value":`);
  const values = message.keywords.map((value) => JSON.stringify(value));
  const samePage = page === undefined ? "" : `,"page":${JSON.stringify(page)}`;
  return (own) => {
    const data = names.map((name, i) => {
      const value = own.values[i];
      return `${name}${value === undefined ? values[i] : JSON.stringify(value)}}`;
    });
    const pagePart = own.page === undefined ? samePage : `,"page":${JSON.stringify(own.page)}`;
    return `${rest}${pagePart},"data":{${data.join(",")}}}`;
  };
}

function constantPart({ templateId, page, keywords, emphasis }: TemplateMessage) {
  const part: Omit<WireTemplateMessage, "touser" | "form_id"> = {
    template_id: templateId,
    data: Object.fromEntries(keywords.map((value, index) => [`keyword${index + 1}`, { value }])),
  };
  if (page !== undefined) part.page = page;
  if (emphasis !== undefined) part.emphasis_keyword = `keyword${emphasis}.DATA`;
  return part;
}
