import { array, assert, option, property, string, tuple } from "fast-check";
import { expect, it } from "vitest";
import type { Message } from "../../../src/broadcast/channel.ts";
import { createTemplateBody } from "../../../src/platforms/errcode/template-body.ts";
import { messageOf } from "../open.ts";

/** The message written down plainly. */
function plain({ templateId, page, fields, options }: Message, touser: string, formId: string) {
  const data: Record<string, { value: string }> = {};
  for (const [index, { value }] of fields.entries()) data[`keyword${index + 1}`] = { value };
  return {
    touser,
    template_id: templateId,
    form_id: formId,
    ...(page === undefined ? {} : { page }),
    data,
    ...(options ? { emphasis_keyword: `keyword${options.emphasis}.DATA` } : {}),
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
  const message = messageOf(value, [value, "b", value], { page: value, options: { emphasis: "2" } });
  expect(JSON.parse(createTemplateBody(message)({ openId: value, formId: value }))).toEqual(
    plain(message, value, value),
  );
});

it("is what JSON.stringify would send, for any texts", async () => {
  const text = string({ unit: "binary" });
  await assert(
    property(text, text, text, array(text), (openId, formId, page, keywords) => {
      const message = messageOf(formId, keywords, { page });
      expect(JSON.parse(createTemplateBody(message)({ openId, formId }))).toEqual(
        plain(message, openId, formId),
      );
    }),
  );
});

it("with texts of the recipient's own is what JSON.stringify would send, for any texts", async () => {
  const text = string({ unit: "binary" });
  const texts = array(tuple(text, option(text, { nil: undefined })));
  await assert(
    property(text, texts, option(text, { nil: undefined }), (page, fields, ownPage) => {
      const keywords = fields.map(([all]) => all);
      const message = messageOf("t", keywords, { page, options: { emphasis: "1" } });
      const own = { values: fields.map(([, value]) => value), page: ownPage };
      const wanted = messageOf(
        "t",
        fields.map(([all, value]) => value ?? all),
        {
          page: ownPage ?? page,
          options: { emphasis: "1" },
        },
      );
      expect(JSON.parse(createTemplateBody(message)({ openId: "o", formId: "f", own }))).toEqual(
        plain(wanted, "o", "f"),
      );
    }),
  );
});

it("without keywords, page and emphasis has empty data and no more fields", () => {
  const body = createTemplateBody(messageOf("T"))({ openId: "o1", formId: "f1" });
  expect(JSON.parse(body)).toEqual({ touser: "o1", form_id: "f1", template_id: "T", data: {} });
});
