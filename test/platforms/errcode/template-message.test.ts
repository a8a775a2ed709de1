import { describe, expect, test } from "vitest";
import { toTemplateMessage } from "../../../src/platforms/errcode/template-message.ts";
import { messageOf, openChannel } from "../open.ts";

const input = (values: string[], options: Record<string, string> = {}) => ({
  templateId: "t",
  values,
  options,
});

describe("a message of keywords is refused", () => {
  test.each<[string, Parameters<typeof toTemplateMessage>[0], string]>([
    ["with an emphasis and no keywords", input([], { emphasis: "1" }), "--emphasis 1"],
    ["with an emphasis beyond its keywords", input(["a", "b"], { emphasis: "3" }), "--emphasis 3"],
    ["with an emphasis before its keywords", input(["a"], { emphasis: "0" }), "--emphasis 0"],
    ["with fields by name", { ...input([]), named: { thing1: "a" } }, "--field"],
  ])("%s", (_, given, words) => {
    expect(() => toTemplateMessage(given)).toThrow(words);
  });
});

test("the N-th value is keywordN", () => {
  const given = { ...input(["a", ""], { emphasis: "2" }), page: "p" };
  expect(toTemplateMessage(given)).toEqual(
    messageOf("t", ["a", ""], { page: "p", options: { emphasis: "2" } }),
  );
});

test("what is rendered is what goes over the wire", async () => {
  const channel = await openChannel({ apiBase: "http://127.0.0.1:1" });
  const message = messageOf("t", ["一", "", 'say "hi"\n'], { page: "p?q", options: { emphasis: "1" } });
  expect(channel.render(message, "o-1", "f-1")).toEqual({
    touser: "o-1",
    template_id: "t",
    page: "p?q",
    form_id: "f-1",
    data: { keyword1: { value: "一" }, keyword2: { value: "" }, keyword3: { value: 'say "hi"\n' } },
    emphasis_keyword: "keyword1.DATA",
  });
});
