import { expect, it } from "vitest";
import { readQuota } from "../../../../src/platforms/wechat/subscribe/quota.ts";
import { readTemplates } from "../../../../src/platforms/wechat/subscribe/templates.ts";

/** As the vendor's page shows them. */
const MEETING = {
  priTmplId: "9Aw5",
  title: "报名结果通知",
  content: "会议时间:{{date2.DATA}}\n会议地点:{{thing1.DATA}}\n",
  example: "会议时间:2016年8月8日\n会议地点:TIT会议室\n",
  type: 2,
};
const WASHING = {
  priTmplId: "cy_D",
  title: "洗衣机故障提醒",
  content: "完成时间:{{time1.DATA}}\n所在位置:{{enum_string2.DATA}}\n",
  example: "完成时间:2021年10月21日 12:00:00\n所在位置:客厅\n",
  keywordEnumValueList: [{ enumValueList: ["客厅", "餐厅"], keywordCode: "enum_string2.DATA" }],
  type: 3,
};

it("reads the vendor's examples", () => {
  expect(readTemplates([MEETING, WASHING])).toEqual([
    {
      id: "9Aw5",
      title: "报名结果通知",
      kind: "one-time",
      fields: [
        {
          name: "date2",
          label: "会议时间",
          example: "2016年8月8日",
          takes: expect.stringContaining("a date such as"),
        },
        { name: "thing1", label: "会议地点", example: "TIT会议室", takes: "text, at most 20 characters" },
      ],
    },
    {
      id: "cy_D",
      title: "洗衣机故障提醒",
      kind: "device",
      fields: [
        {
          name: "time1",
          label: "完成时间",
          example: "2021年10月21日 12:00:00",
          takes: expect.stringContaining("a time"),
        },
        { name: "enum_string2", label: "所在位置", values: ["客厅", "餐厅"], example: "客厅" },
      ],
    },
  ]);
});

it("tells long-term templates from device ones, and knows that it does not know others", () => {
  const kinds = [
    { ...MEETING, type: 3 },
    { ...MEETING, type: "2" },
    { ...MEETING, type: 7 },
    { priTmplId: "x" },
  ];
  expect(readTemplates(kinds)?.map(({ kind }) => kind)).toEqual([
    "long-term",
    "one-time",
    "unknown",
    "unknown",
  ]);
});

it("reads fields without labels, with full-width colons, and without examples", () => {
  const content = "{{thing1.DATA}}\n备注：{{ thing2.DATA }}\nnothing here\n{{thing3}}";
  expect(readTemplates([{ priTmplId: "x", content, type: 2 }])?.[0]?.fields).toMatchObject([
    { name: "thing1" },
    { name: "thing2", label: "备注" },
  ]);
});

it("leaves out entries without an id, and is no list where there is none", () => {
  expect(readTemplates([null, 1, {}, { priTmplId: "" }, MEETING])).toHaveLength(1);
  expect(readTemplates({ data: [] })).toBeUndefined();
  expect(readTemplates(undefined)).toBeUndefined();
});

it("reads what is left of the day's quota", () => {
  expect(readQuota({ errcode: 0, quota: { daily_limit: 10, used: 3, remain: 7 } })).toEqual({
    left: 7,
    limit: 10,
  });
  expect(readQuota({ quota: { remain: 7 } })).toEqual({ left: 7, limit: undefined });
  for (const fields of [{}, { quota: null }, { quota: { remain: "7" } }, { quota: { remain: -1 } }])
    expect(readQuota(fields)).toBeUndefined();
});
