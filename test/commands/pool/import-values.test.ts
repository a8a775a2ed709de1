import { describe, expect, it } from "vitest";
import { HOUR_MS, useWorld } from "../world.ts";

const world = useWorld();
const LATER = Math.floor(Date.now() / 1000) * 1000 + 50 * HOUR_MS;
const WECHAT = ["oDavX4kT1l2m3n4p5q6r7s8t9uvA", "oDavX4kT1l2m3n4p5q6r7s8t9-_B"] as const;

const importText = (stdin: string, ...flags: string[]) => world.cli(["pool", "import", ...flags], { stdin });

describe("a line is bad that has", () => {
  const missing = "it marks a missing value";
  const rounded = "rounded by a spreadsheet";
  it.each([
    ...["NULL", "\\N", "None", "undefined", "null", "nil", "NaN"].flatMap((word) => [
      [`${word},f1,${LATER}`, `'${word}' is not an openId: ${missing}`],
      [`oB,${word},${LATER}`, `'${word}' is not a formId: ${missing}`],
    ]),
    [`oB,1.53974E+12,${LATER}`, `'1.53974E+12' is not a formId: ${rounded}`],
    [`oB,"1,53974e+12",${LATER}`, `'1,53974e+12' is not a formId: ${rounded}`],
    ["oB,f,1.7958E+12", `'1.7958E+12' is not an expiry: ${rounded}`],
    ["oB,f,604800", "'604800' is not an expiry: epoch seconds (10 digits)"],
    ["oB,f,20261201100000", "'20261201100000' is not an expiry"],
    [`oB;Bob,f,${LATER}`, "'oB;Bob' is not an openId: it contains ;"],
    [`oB'x,f,${LATER}`, "'oB'x' is not an openId: it contains '"],
    [`"oB,x",f,${LATER}`, "'oB,x' is not an openId: it contains ,"],
    [`oB|x,f,${LATER}`, "'oB|x' is not an openId: it contains |"],
  ])("%j", async (line, why) => {
    const { code, stderr } = await importText(`oA,good,${LATER}\n${line}\n`);
    expect(code).toBe(8);
    expect(stderr).toContain(`line 2: ${why}`);
    expect(Object.keys(await world.redis.pools())).toEqual(["mina:openid:oA"]);
  });

  it("a line end in a value, shown escaped", async () => {
    const { stderr } = await importText(`{"openId":"a\\nb","formId":"f","expire":${LATER}}\n`);
    expect(stderr).toMatch(/^line 1: 'a\\nb' is not an openId\n/);
    await world.redis.client.set("src:oA", "a\nb\tc\r d e");
    const fromRedis = await world.cli(["pool", "import", "--from", "string", "--from-prefix", "src:"]);
    expect(fromRedis.stderr).toMatch(/^key 'src:oA': no code in 'a\\nb\\tc\\r\.\.\.' \(\d+ bytes\)\n/);
  });
});

it.each([
  ["{}", "it has no openId"],
  ['{"openId":"oA"}', "it has no formId"],
  ['{"openId":"oA","formId":"a"}', "it has no expiry"],
  [
    '{"db":0,"key":"mina:openid:oA","type":"list","value":["{}"]}',
    "this is redis-dump output: load it into a Redis",
  ],
])("says what is missing in %s", async (line, why) => {
  const { code, stderr } = await importText(`${line}\n`);
  expect([code, stderr]).toEqual([8, expect.stringContaining(`line 1: ${why}`)]);
});

it.each([
  ["microseconds", `${LATER}000`],
  ["nanoseconds", `${LATER}000000`],
])("reads an expiry in %s", async (_, expire) => {
  expect((await importText(`oA,a,${expire}\n`)).code).toBe(0);
  expect(await world.redis.entries("oA")).toEqual([`{"formId":"a","expire":${LATER}}`]);
});

describe("JSON that is not one object a line", () => {
  it.each([
    ["pretty-printed", `\n[\n  {\n    "openId": "oA",\n    "formId": "a"\n  }\n]\n`],
    ["on one line", `[{"openId":"oA","formId":"a","expire":${LATER}}]`],
  ])("an array %s is one error", async (_, text) => {
    for (const argv of [
      ["pool", "import"],
      ["pool", "show", "-"],
    ]) {
      const { code, stderr } = await world.cli(argv, { stdin: text });
      expect([code, stderr]).toEqual([
        2,
        "error: the file is a JSON array\nhint: put one object on each line, for example with jq -c '.[]'\n",
      ]);
    }
    expect(await world.redis.keys("*")).toEqual([]);
  });

  it("has commas behind the objects", async () => {
    const object = `{"openId":"oA","formId":"a","expire":${LATER}}`;
    const { stderr } = await importText(`${object},\n${object}\n{oops\n`);
    expect(stderr).toContain("line 1: not JSON: a comma after the object\nline 3: not JSON\n");
    expect(await world.redis.entries("oA")).toHaveLength(1);
  });
});

describe("openIds of another shape than WeChat's", () => {
  it("are taken, and told by their share with an example", async () => {
    const text = `${WECHAT[0]},a,${LATER}\nalice,b,${LATER}\n${WECHAT[1]},c,${LATER}\nbob:1,d,${LATER}\n`;
    const { code, stderr } = await importText(text);
    expect([code, stderr]).toEqual([
      0,
      "2 of 4 codes for openIds that don't look like WeChat's (28 letters, digits, _ and -), such as 'alice' (line 2)\n",
    ]);
    expect((await importText(text, "--json")).json()).toMatchObject({ known: 4, oddOpenIds: 2 });
  });

  it("are not told of where there are none", async () => {
    const { stderr } = await importText(`${WECHAT[0]},a,${LATER}\n${WECHAT[1]},c,${LATER}\n`);
    expect(stderr).toBe("");
  });
});

it("takes codes that claim to live too long, and says so", async () => {
  const far = LATER + 20 * 24 * HOUR_MS;
  const { code, stderr } = await importText(`${WECHAT[0]},a,${LATER}\n${WECHAT[0]},b,${far}\n`);
  expect(code).toBe(0);
  expect(stderr).toContain(
    "1 of 2 codes with an expiry more than 8 days away, but codes live at most 7 days",
  );
  expect(await world.redis.entries(WECHAT[0])).toHaveLength(2);
});
