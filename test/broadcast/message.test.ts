import { describe, expect, test } from "vitest";
import { checkMessage, type Message, sampleMessage } from "../../src/broadcast/message.ts";
import { PushCliError } from "../../src/errors.ts";
import { createMessageBody } from "../../src/platforms/wechat/message-body.ts";

const PLAIN: Message = { templateId: "t-1", keywords: [] };

describe("a message is refused before anything is sent", () => {
  test.each<[string, Partial<Message>, string]>([
    ["with a template id that can't be one", { templateId: "a b" }, "'a b' is not a template id"],
    ["without a template id", { templateId: "" }, "'' is not a template id"],
    ["with an empty page", { page: "" }, "'' is not a page path"],
    ["with a page that starts with a slash", { page: "/pages/index" }, "'/pages/index' is not a page path"],
    ["with an address for a page", { page: "https://a.example/" }, "is not a page path"],
    ["with a page beyond 1,024 characters", { page: "p".repeat(1025) }, "is not a page path"],
    ["with an emphasis and no keywords", { emphasis: 1 }, "--emphasis 1"],
    ["with an emphasis beyond its keywords", { emphasis: 3, keywords: ["a", "b"] }, "--emphasis 3"],
    ["with an emphasis before its keywords", { emphasis: 0, keywords: ["a"] }, "--emphasis 0"],
  ])("%s", (_, fields, words) => {
    const check = () => checkMessage({ ...PLAIN, ...fields });
    expect(check).toThrow(PushCliError);
    expect(check).toThrow(words);
  });
});

test.each<Message>([
  PLAIN,
  { templateId: "A_b-9", keywords: ["", "x"], emphasis: 2, page: "pages/a?b=c&d=https://x" },
])("%j is let through as it is", (message) => {
  expect(checkMessage(message)).toBe(message);
});

test.each<Message>([
  PLAIN,
  { templateId: "t", keywords: ["一", "", 'say "hi"\n'], page: "p?q", emphasis: 1 },
])("the sample of %j is what goes over the wire", (message) => {
  const sample = sampleMessage(message, "o-1", "f-1");
  expect(JSON.parse(createMessageBody(message)("o-1", "f-1"))).toEqual(sample);
});
