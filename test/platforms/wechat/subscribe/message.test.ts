import { describe, expect, it } from "vitest";
import type { MessageInput, Template } from "../../../../src/broadcast/channel.ts";
import { PushCliError } from "../../../../src/errors.ts";
import { draftMessage, makeMessage } from "../../../../src/platforms/wechat/subscribe/message.ts";

const TEMPLATE: Template = {
  id: "T1",
  title: "活动提醒",
  kind: "one-time",
  fields: [
    { name: "thing1", label: "活动" },
    { name: "time2", label: "时间" },
    { name: "phrase3", values: ["报名中", "已结束"] },
  ],
};
const VALUES = ["奶茶买一送一", "2026-11-27 10:00", "报名中"];

function input(changes: Partial<MessageInput> = {}): MessageInput {
  return { templateId: "T1", values: [], options: {}, ...changes };
}

function refusalOf(act: () => unknown): PushCliError {
  try {
    act();
  } catch (error) {
    if (error instanceof PushCliError) return error;
    throw error;
  }
  throw new Error("it was not refused");
}

it("gives the N-th value to the N-th field of the template", () => {
  expect(makeMessage(input({ values: VALUES, page: "pages/a?b=c" }), TEMPLATE)).toEqual({
    templateId: "T1",
    title: "活动提醒",
    fields: [
      { name: "thing1", label: "活动", value: "奶茶买一送一" },
      { name: "time2", label: "时间", value: "2026-11-27 10:00" },
      { name: "phrase3", value: "报名中" },
    ],
    page: "pages/a?b=c",
    options: { lang: "zh_CN", miniprogramState: "formal" },
  });
});

it("puts named values into the template's order", () => {
  const named = { phrase3: "已结束", time2: "10:00", thing1: "茶" };
  const { fields } = makeMessage(input({ named }), TEMPLATE);
  expect(fields.map(({ name, value }) => [name, value])).toEqual([
    ["thing1", "茶"],
    ["time2", "10:00"],
    ["phrase3", "已结束"],
  ]);
});

it("says which fields there are when the number of values differs", () => {
  const error = refusalOf(() => makeMessage(input({ values: ["a"] }), TEMPLATE));
  expect(error.kind).toBe("usage");
  expect(error.message).toBe("1 value for the 3 fields of '活动提醒': thing1 (活动), time2 (时间), phrase3");
  expect(error.hint).toContain("3 values");
});

describe("named values", () => {
  it.each([
    ["of no such field", { thing9: "a" }, "'活动提醒' has no field thing9"],
    ["that leave fields out", { thing1: "a", time2: "10:00" }, "no value for phrase3 of '活动提醒'"],
    ["with .DATA", { "thing1.DATA": "a" }, "'thing1.DATA' is not the name of a field"],
    ["of no name", { "": "a" }, "'' is not the name of a field"],
    ["none", {}, "no values for T1"],
  ])("%s are refused", (_, named, message) => {
    expect(refusalOf(() => makeMessage(input({ named }), TEMPLATE)).message).toContain(message);
  });

  it("exclude values by position", () => {
    expect(
      refusalOf(() => makeMessage(input({ named: { thing1: "a" }, values: ["b"] }), TEMPLATE)).message,
    ).toBe("--keywords and --field can't be used together");
  });

  it("show how the name is written", () => {
    expect(refusalOf(() => makeMessage(input({ named: { "thing1.DATA": "a" } }))).hint).toBe(
      "--field 'thing1=...'",
    );
  });
});

describe("without the account's template", () => {
  it("takes named values in their order, checked by the types of their names", () => {
    const message = makeMessage(input({ named: { time2: "10:00", thing1: "茶" } }));
    expect(message.fields).toEqual([
      { name: "time2", value: "10:00" },
      { name: "thing1", value: "茶" },
    ]);
    expect(message.title).toBeUndefined();
    expect(refusalOf(() => makeMessage(input({ named: { time2: "ten" } }))).message).toContain("time2 'ten'");
  });

  it("refuses values by position", () => {
    const error = refusalOf(() => makeMessage(input({ values: ["a"] })));
    expect(error.message).toContain("which fields T1 has is not known");
    expect(error.hint).toContain("--field");
  });
});

it("refuses a value that breaks its field's rule, and lists several", () => {
  const long = "字".repeat(27);
  const one = refusalOf(() => makeMessage(input({ values: [long, "10:00", "报名中"] }), TEMPLATE));
  expect(one.message).toBe(`thing1 '${long}' has 27 characters; at most 20`);
  expect(one.hint).toBe("--truncate cuts it to its limit");
  const all = refusalOf(() => makeMessage(input({ values: [long, "ten", "谁"] }), TEMPLATE));
  expect(all.message).toBe("the message has 3 faults");
  expect(all.details).toHaveLength(3);
  expect(all.details?.[2]).toBe("phrase3 '谁' is none of the template's values");
});

it("cuts values that are too long, when told to", () => {
  const { fields } = makeMessage(
    input({ values: ["字".repeat(27), "10:00", "报名中"], truncate: true }),
    TEMPLATE,
  );
  expect(fields[0]?.value).toBe(`${"字".repeat(17)}...`);
});

it("leaves values with columns in them for later, whatever their length", () => {
  const values = ["{{name}}的一个很长很长很长很长很长很长的奶茶", "{{when}}", "{{state}}"];
  const { fields } = makeMessage(
    input({ values, truncate: true, columns: ["name", "when", "state"] }),
    TEMPLATE,
  );
  expect(fields.map(({ value }) => value)).toEqual(values);
});

it("checks a value with a literal {{ like any other", () => {
  const named = { thing1: "{{".repeat(11), time2: "10:00", phrase3: "报名中" };
  expect(refusalOf(() => makeMessage(input({ named }), TEMPLATE)).message).toContain("22 characters");
});

it("passes warnings on instead of refusing", () => {
  const { problems } = draftMessage(input({ named: { short_thing1: "a" } }));
  expect(problems).toMatchObject([{ severity: "warning" }]);
  expect(makeMessage(input({ named: { short_thing1: "a" } })).fields).toHaveLength(1);
});

it("takes the platform's languages and states, and no others", () => {
  const options = { lang: "zh_HK", miniprogramState: "trial" };
  expect(makeMessage(input({ values: VALUES, options }), TEMPLATE).options).toEqual(options);
  for (const [wrong, says] of [
    [{ lang: "de_DE" }, "--lang 'de_DE'"],
    [{ miniprogramState: "release" }, "--miniprogram-state 'release'"],
  ] as const)
    expect(
      refusalOf(() => makeMessage(input({ values: VALUES, options: wrong }), TEMPLATE)).message,
    ).toContain(says);
});
