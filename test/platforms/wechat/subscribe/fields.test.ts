import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkField, truncateField, typeOfField } from "../../../../src/platforms/wechat/subscribe/fields.ts";

const verdict = (name: string, value: string) => checkField({ name, value })?.severity ?? "fits";
const HAN = (count: number) => "字".repeat(count);

describe("fits", () => {
  it.each([
    ["thing1", HAN(20)],
    ["thing1", "a!，。 1"],
    ["number2", "1".repeat(32)],
    ["number2", "3.14"],
    ["letter1", "Abc"],
    ["symbol1", "★☆!@￥"],
    ["character_string5", "NO.20261127/*-+"],
    ["time2", "15:01"],
    ["time2", "9:05:59"],
    ["time2", "2019年10月1日 15:01"],
    ["time2", "2019-10-01 15:01~16:30"],
    ["time2", "2026-11-27 10:00 ~ 2026-11-28 10:00"],
    ["date3", "2019年10月1日"],
    ["date3", "2019年10月1日 15:01"],
    ["date3", "2019年10月"],
    ["date3", "10月1日"],
    ["date3", "2018-01-01"],
    ["date3", "2018/01/01"],
    ["date3", "2018.01.01"],
    ["date3", "2018-01"],
    ["date3", "01-01"],
    ["date3", "2018-01-01~2018-02-01"],
    ["amount1", "¥12.50元"],
    ["amount1", "￥1234567890"],
    ["amount1", "8"],
    ["phone_number1", "+86-0766-66888866"],
    ["car_number1", "粤A8Z888挂"],
    ["car_number1", "A12345"],
    ["name1", HAN(10)],
    ["name1", "Anne-Marie O'Neill"],
    ["name1", "张Wei"],
    ["phrase1", "审核通过"],
  ])("%s %s", (name, value) => {
    expect(checkField({ name, value })).toBeUndefined();
  });
});

describe("does not fit", () => {
  it.each([
    ["thing1", HAN(21)],
    ["number2", "1".repeat(33)],
    ["number2", "1,000"],
    ["number2", "12 个"],
    ["letter1", "a".repeat(33)],
    ["letter1", "a1"],
    ["symbol1", "!!!!!!"],
    ["symbol1", "a"],
    ["symbol1", "是"],
    ["character_string5", "x".repeat(33)],
    ["character_string5", "订单1"],
    ["time2", "25:00"],
    ["time2", "15:60"],
    ["time2", "15点"],
    ["time2", "2019-10-01"],
    ["date3", "15:01"],
    ["date3", "2018-13-01"],
    ["date3", "2020-01-18 16:18:49.0"],
    ["date3", "2018-01/01"],
    ["date3", "tomorrow"],
    ["amount1", "12345678901"],
    ["amount1", "¥¥1"],
    ["amount1", "1,000元"],
    ["amount1", "1元整"],
    ["phone_number1", "1".repeat(18)],
    ["phone_number1", "13800a"],
    ["car_number1", "粤A123456挂"],
    ["car_number1", "A粤123"],
    ["name1", HAN(11)],
    ["name1", `张${"a".repeat(10)}`],
    ["name1", "a".repeat(21)],
    ["phrase1", HAN(6)],
    ["phrase1", "通过!"],
    ["thing1", ""],
    ["short_thing1", ""],
    ["thing1", "a\nb"],
    ["short_thing1", "a\u0007"],
  ])("%s %j", (name, value) => {
    expect(checkField({ name, value })).toMatchObject({ severity: "error" });
  });
});

it("names field, value, limit and length", () => {
  expect(checkField({ name: "thing1", value: HAN(27) })).toEqual({
    severity: "error",
    what: `thing1 '${HAN(27)}' has 27 characters; at most 20`,
    hint: "--truncate cuts it to its limit",
  });
  expect(checkField({ name: "phrase2", value: HAN(6) })?.hint).toBeUndefined();
  expect(checkField({ name: "number3", value: `${"1".repeat(33)}.5` })?.what).toContain(
    "34 digits; at most 32",
  );
  expect(checkField({ name: "name1", value: HAN(11) })?.what).toContain(
    "has 11 characters and is not at most 10",
  );
  expect(checkField({ name: "thing1", value: "a\nb" })?.what).toContain("holds a line break");
  expect(checkField({ name: "thing1", value: "x".repeat(500) })?.what).toBe(
    `thing1 '${"x".repeat(39)}…' has 500 characters; at most 20`,
  );
});

it("warns where the documents are silent", () => {
  for (const [name, value] of [
    ["short_thing1", "x"],
    ["thing_x", "x"],
    ["number1", "-5"],
    ["name1", "张3"],
    ["thing1", "   "],
    ["enum_string2", "客厅"],
  ] as const)
    expect([name, verdict(name, value)]).toEqual([name, "warning"]);
});

it("counts an emoji as one character, and warns when it would not fit as two", () => {
  expect(verdict("thing1", `${HAN(18)}😀`)).toBe("fits");
  expect(verdict("thing1", `${HAN(19)}😀`)).toBe("warning");
  expect(checkField({ name: "thing1", value: `${HAN(19)}😀` })?.what).toContain(
    "has 21 characters if an emoji",
  );
  expect(verdict("thing1", `${HAN(20)}😀`)).toBe("error");
});

it("takes only the listed values where the template lists some, of whatever type", () => {
  const allowed = ["客厅", "餐厅"];
  expect(checkField({ name: "enum_string2", value: "客厅" }, allowed)).toBeUndefined();
  expect(checkField({ name: "phrase2", value: "厨房" }, allowed)).toEqual({
    severity: "error",
    what: "phrase2 '厨房' is none of the template's values",
    hint: "it takes 客厅, 餐厅",
  });
});

it("reads the type off a field's name", () => {
  expect(["thing1", "thing01", "character_string12", "enum_string2"].map(typeOfField)).toEqual([
    "thing",
    "thing",
    "character_string",
    "enum_string",
  ]);
});

describe("--truncate", () => {
  it("cuts to the limit, the dots included", () => {
    expect(truncateField({ name: "thing1", label: "活动", value: HAN(27) })).toEqual({
      name: "thing1",
      label: "活动",
      value: `${HAN(17)}...`,
    });
    const cut = truncateField({ name: "character_string2", value: "x".repeat(40) });
    expect(cut.value).toBe(`${"x".repeat(29)}...`);
  });

  it("leaves what fits, and what may not be cut, as it is", () => {
    for (const [name, value] of [
      ["thing1", HAN(20)],
      ["number1", "1".repeat(40)],
      ["phrase1", HAN(9)],
      ["short_thing1", HAN(30)],
    ] as const)
      expect(truncateField({ name, value }).value).toBe(value);
  });

  it("cuts no emoji in two, and what it cuts always fits", () => {
    const family = "👨‍👩‍👧";
    expect(truncateField({ name: "thing1", value: `${HAN(14)}${family}${HAN(9)}` }).value).toBe(
      `${HAN(14)}...`,
    );
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 1, maxLength: 60 }), (value) => {
        const cut = truncateField({ name: "thing1", value });
        expect(cut.value.length).toBeLessThanOrEqual(20);
        expect(/\p{Cs}/u.test(cut.value)).toBe(/\p{Cs}/u.test(value));
        expect(cut.value === value || cut.value.endsWith("...")).toBe(true);
      }),
    );
  });
});
