import { array, assert, property, string } from "fast-check";
import { expect, it } from "vitest";
import { createMessageBody, type TemplateMessage } from "../../../src/platforms/wechat/message-body.ts";

/** The message written down plainly. */
function plain({ templateId, page, keywords, emphasis }: TemplateMessage, touser: string, formId: string) {
  const data: Record<string, { value: string }> = {};
  for (const [index, value] of keywords.entries()) data[`keyword${index + 1}`] = { value };
  return {
    touser,
    template_id: templateId,
    form_id: formId,
    ...(page === undefined ? {} : { page }),
    data,
    ...(emphasis === undefined ? {} : { emphasis_keyword: `keyword${emphasis}.DATA` }),
  };
}

const AWKWARD = [
  '"',
  "\\",
  "",
  "}",
  '"}',
  "\u0000\n\t",
  "\u{1F600}",
  "\uD800",
  "__proto__",
  "$&",
  "</script>",
  "\u2028",
];

it.each(AWKWARD)("carries %j unchanged in every place", (value) => {
  const message = { templateId: value, page: value, keywords: [value, "b", value], emphasis: 2 };
  expect(JSON.parse(createMessageBody(message)(value, value))).toEqual(plain(message, value, value));
});

it("is what JSON.stringify would send, for any texts", async () => {
  const text = string({ unit: "binary" });
  await assert(
    property(text, text, text, array(text), (openId, formId, page, keywords) => {
      const message = { templateId: formId, page, keywords };
      expect(JSON.parse(createMessageBody(message)(openId, formId))).toEqual(plain(message, openId, formId));
    }),
  );
});

it("without keywords, page and emphasis has empty data and no more fields", () => {
  const body = createMessageBody({ templateId: "T", keywords: [] })("o1", "f1");
  expect(JSON.parse(body)).toEqual({ touser: "o1", form_id: "f1", template_id: "T", data: {} });
});
