import { expect, it } from "vitest";
import type { MessageInput, Template } from "../../../../src/broadcast/channel.ts";
import { judgeMessage } from "../../../../src/platforms/wechat/subscribe/preflight.ts";

const template = (changes: Partial<Template> = {}): Template => ({
  id: "T1",
  title: "活动提醒",
  kind: "one-time",
  fields: [{ name: "thing1", label: "活动" }],
  ...changes,
});
const input = (changes: Partial<MessageInput> = {}): MessageInput => ({
  templateId: "T1",
  values: ["茶"],
  options: {},
  ...changes,
});
const judge = (one: Template, changes?: Partial<MessageInput>) =>
  judgeMessage(input(changes), { templates: [one] });

it.each(["one-time", "long-term"] as const)("has nothing against a message of a %s template", (kind) => {
  const one = template({ kind });
  expect(judge(one)).toEqual({ template: one, problems: [] });
});

it("misses a template that the account does not have", () => {
  const { problems, template: found } = judge(template({ id: "T2" }));
  expect(found).toBeUndefined();
  expect(problems).toMatchObject([
    { severity: "error", what: "the account has no template 'T1' (it has 1)" },
  ]);
  expect(judgeMessage(input(), { templates: [] }).problems[0]?.what).toContain("it has none");
});

it("only doubts that a template is there when the list is old", () => {
  const doubt = "the platform does not give its list; the one used here is 25 min old";
  const { problems } = judgeMessage(input(), { templates: [], doubt });
  expect(problems).toMatchObject([
    { severity: "warning", what: doubt },
    { severity: "warning", what: expect.stringContaining("no template 'T1'") },
  ]);
  const found = judgeMessage(input(), { templates: [template()], doubt });
  expect(found.problems).toEqual([{ severity: "warning", what: doubt }]);
});

it("refuses templates of other kinds, and what looks like a device's", () => {
  const what = (one: Template) => judge(one).problems.map(({ severity }) => severity);
  expect(what(template({ kind: "unknown" }))).toEqual(["error"]);
  expect(what(template({ fields: [] }))).toEqual(["error"]);
  const device = template({ kind: "device" });
  expect(what(device)).toEqual(["error"]);
  expect(judge(device).problems[0]).toMatchObject({
    what: expect.stringContaining("40037"),
    hint: expect.stringContaining("--no-preflight"),
  });
});

it("tells every value that does not fit, and does not throw for it", () => {
  const { problems } = judge(template(), { values: ["字".repeat(21)] });
  expect(problems).toMatchObject([
    { severity: "error", what: expect.stringContaining("21 characters; at most 20") },
  ]);
});

it("throws where values can't be matched to fields", () => {
  expect(() => judge(template(), { values: ["a", "b"] })).toThrow("2 values for the 1 field of '活动提醒'");
});
