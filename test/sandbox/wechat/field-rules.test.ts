import { expect, test } from "vitest";
import type { SandboxTemplate } from "../../../src/sandbox/sandbox.ts";
import { subscribeMessage, TEMPLATES, withApi } from "../api.ts";

/** A template with one field. */
function templateOf(name: string): SandboxTemplate {
  const enums = [{ keywordCode: name, enumValueList: ["大桌", "小桌"] }];
  const lists = name.startsWith("enum") ? { keywordEnumValueList: enums } : {};
  return { priTmplId: "T", title: "t", content: `名称:{{${name}.DATA}}\n`, example: "", type: 2, ...lists };
}

/** The values that are refused, each sent as it is. */
async function refusedOf(name: string, values: readonly string[]): Promise<string[]> {
  const refused: string[] = [];
  await withApi({ acceptAny: true, accountTemplates: [templateOf(name)] }, async ({ subscribe }) => {
    for (const value of values) {
      const { json } = await subscribe(subscribeMessage({ template_id: "T", data: { [name]: { value } } }));
      if (json.errcode === 0) continue;
      expect(json.errcode).toBe(47003);
      expect(json.errmsg).toMatch(new RegExp(`^argument invalid! data\\.${name}\\.value invalid rid: `));
      refused.push(value);
    }
  });
  return refused;
}

const LONG = "一二三四五六七八九十";

test.each<[name: string, good: string[], bad: string[]]>([
  ["thing1", ["x", `${LONG}${LONG}`, "😀".repeat(20), "1 + 1!"], [`${LONG}${LONG}一`, "a\nb", "a\u0000"]],
  ["number2", ["0", "12.50", "1".repeat(32)], ["1".repeat(33), "-1", "1.", "1,000", "１"]],
  ["letter3", ["abcXYZ", "a".repeat(32)], ["a".repeat(33), "a1", "é", "中"]],
  ["symbol4", ["!", "+-*/~"], ["!!!!!!", "a", "1", "中"]],
  ["character_string5", ["SF-2026_01", "x".repeat(32)], ["x".repeat(33), "单号1"]],
  [
    "time6",
    [
      ...["10:00", "9:05", "23:59:59", "10:00~12:30", "2019年10月1日 15:01"],
      "2026-11-27 10:00~2026-11-28 10:00",
    ],
    ["24:00", "10:60", "10", "2026-11-27", "2020-01-18 16:18:49.0", "10:00~"],
  ],
  [
    "date7",
    [
      ...[
        "2019年10月1日",
        "2019年10月",
        "10月1日",
        "2018-01-01",
        "2018/01/01",
        "2018.01.01",
        "2018-01",
        "01-01",
      ],
      ...["2019年10月1日 15:01", "2018-01-01~2018-02-01"],
    ],
    ["2018-13-01", "2018-01-32", "2018-01/01", "10:00", "明天", "20180101"],
  ],
  [
    "amount8",
    ["¥128.00", "128", "$9.9", "100元", "1234567890", "￥5元"],
    ["12345678901", "¥¥1", "1,000", "元", "1.", "¥"],
  ],
  ["phone_number9", ["+86-0766-66888866", "13800138000"], ["1".repeat(18), "call me"]],
  ["car_number10", ["粤A8Z888挂", "A1", "粤A88888"], ["粤A8Z8888挂", "A粤8", "粤A-888"]],
  [
    "name11",
    ["张小明", LONG, "Alexander Hamiltonn", "李Lee"],
    [`${LONG}一`, "a".repeat(21), "李Lee Lee Lee", "R2"],
  ],
  ["phrase12", ["即将到号", "一二三四五"], ["一二三四五六", "到号1", "ok"]],
  ["enum_string13", ["大桌", "小桌"], ["中桌"]],
  ["short_thing14", ["whatever 什么 1234567890 1234567890 1234567890"], ["a\u0007"]],
])("%s", async (name, good, bad) => {
  expect(await refusedOf(name, [...good, ...bad])).toEqual(bad);
});

test.each([
  ["an empty value", { thing1: { value: "" } }, "thing1.value is emtpy"],
  ["a field that is missing", { time2: undefined }, "time2.value is emtpy"],
  ["a field that is a text", { thing3: "here" }, "thing3.value is emtpy"],
  ["a value that is a number", { thing1: { value: 5 } }, "thing1.value invalid"],
  ["a field that the template does not have", { thing9: { value: "x" } }, "thing9.value invalid"],
  ["a key with .DATA", { "thing1.DATA": { value: "x" } }, "thing1.DATA.value invalid"],
])("%s is 47003", async (_name, changes, text) => {
  await withApi({ acceptAny: true }, async ({ subscribe }) => {
    const { data } = subscribeMessage() as { data: object };
    const { json } = await subscribe(subscribeMessage({ data: { ...data, ...changes } }));
    expect(json).toEqual({
      errcode: 47003,
      errmsg: expect.stringContaining(`argument invalid! data.${text} rid: `),
    });
  });
});

test("a blocked word is 45168", async () => {
  await withApi({ acceptAny: true }, async ({ subscribe }) => {
    const { data } = subscribeMessage() as { data: object };
    const blocked = { ...data, thing1: { value: "一个违禁词" } };
    expect((await subscribe(subscribeMessage({ data: blocked }))).json.errcode).toBe(45168);
  });
});

test("the examples of the account's own templates fit their fields", async () => {
  await withApi({ acceptAny: true }, async ({ call, fetchStable, subscribe }) => {
    const token = String((await fetchStable()).json.access_token);
    const { json } = await call("GET", `/wxaapi/newtmpl/gettemplate?access_token=${token}`);
    const { device, card, ...sendable } = TEMPLATES;
    const templates = (json.data as SandboxTemplate[]).filter(
      ({ priTmplId }) => ![device, card].includes(priTmplId),
    );
    expect(templates.map(({ priTmplId }) => priTmplId)).toEqual(Object.values(sendable));
    for (const { priTmplId, content, example } of templates) {
      const names = [...content.matchAll(/\{\{(\w+)\.DATA\}\}/g)].map(([, name = ""]) => name);
      const values = example
        .trim()
        .split("\n")
        .map((line) => line.slice(line.indexOf(":") + 1));
      const data = Object.fromEntries(names.map((name, index) => [name, { value: values[index] }]));
      expect((await subscribe(subscribeMessage({ template_id: priTmplId, data }))).json.errmsg).toBe("ok");
    }
  });
});
