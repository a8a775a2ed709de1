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

/** Makes the JSON body for one recipient; all but openId and formId is serialised once, here. */
export function createMessageBody(message: TemplateMessage): (openId: string, formId: string) => string {
  const rest = JSON.stringify(constantPart(message)).slice(1);
  return (openId, formId) =>
    `{"touser":${JSON.stringify(openId)},"form_id":${JSON.stringify(formId)},${rest}`;
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
