import { describe, expect, test } from "vitest";
import type { BroadcastResult } from "../../../src/broadcast/record.ts";
import { dumpAll, giveCode, giveUsers, setFaults, useWorld } from "../../broadcast/world.ts";
import { useRecorder } from "../../helpers/recorder.ts";
import { TEMPLATES } from "../../sandbox/api.ts";
import { unwrap } from "../world.ts";
import { atTerminal, errorOf, inPipe } from "./at-terminal.ts";

const world = useWorld({ sandbox: { acceptAny: true } });
const recorder = useRecorder(() => world.sandbox.url);
const AB = ["--variant", "A:70%=one,two", "--variant", "B=three,four"];

describe("refused, with nothing claimed or written", () => {
  test.each<[args: string[], message: string, hint: string]>([
    [["--variant", "A=a"], "--variant A is the only one", "or use --keywords"],
    [["--variant", "A=a", "--variant", "A=b"], "--variant A is given twice", "another name"],
    [
      ["--variant", "A b=a", "--variant", "B=b"],
      "--variant 'A b=a' does not begin with a name",
      "letters, digits",
    ],
    [["--variant", `${"A".repeat(33)}=a`, "--variant", "B=b"], "does not begin with a name", "1 to 32"],
    [
      ["--variant", "x,y", "--variant", "B=b"],
      "--variant 'x,y' does not begin with a name",
      "--variant 'A=a,b'",
    ],
    [["--variant", "A:70=a", "--variant", "B=b"], "--variant A: '70' is not a share", "'A:30%=...'"],
    [["--variant", "A:0%=a", "--variant", "B=b"], "--variant A: '0%' is not a share", "between 0% and 100%"],
    [["--variant", "A:100%=a", "--variant", "B=b"], "--variant A: '100%' is not a share", "between"],
    [
      ["--variant", "A:50%=a", "--variant", "B:49.5%=b"],
      "the shares of --variant add up to 99.5%, not to 100%",
      "gets the rest",
    ],
    [
      ["--variant", "A:60%=a", "--variant", "B:60%=b", "--variant", "C=c"],
      "add up to 120%, not to 100%",
      "gets the rest",
    ],
    [
      ["--variant", "A:60%=a", "--variant", "B:40%=b", "--variant", "C=c"],
      "add up to 100%, which leaves nothing for C",
      "lower the others",
    ],
    [["--variant", "A=a", "--variant", "B"], "--variant B has no values", "--variant 'B=a,b'"],
    [
      ["--variant", "A=a,b", "--variant", "B=c"],
      "--variant B has keyword1, but A has keyword1, keyword2",
      "the same fields",
    ],
    [["--variant", 'A="a', "--variant", "B=b"], '--variant A "a: unbalanced quotes', "--variant A='one"],
    [
      ["--variant", "A={{x", "--variant", "B=b"],
      "variant A: value 1 of --variant has '{{' without '}}'",
      "{{{{",
    ],
    [
      ["--variant", "A=\u0007", "--variant", "B=b"],
      "variant A: keyword1 contains the control character U+0007",
      "leave it out",
    ],
    [
      ["--variant", "A= ,", "--variant", "B=b,c"],
      "--variant A is empty: its users would get a blank message",
      "shell variable",
    ],
    [
      [...AB, "--keywords", "a,b"],
      "--variant and --keywords can't be used together",
      "each variant has its own values",
    ],
    [
      [...AB, "--no-keywords"],
      "--variant and --no-keywords can't be used together",
      "each variant has its own values",
    ],
    [
      [...AB, "--field", "thing1=a"],
      "--variant A has values by position, and --field has some by name",
      "only one",
    ],
    [
      [...AB, "--variant-field", "A.thing1=a"],
      "--variant A has values by position, and --variant-field has some by name",
      "only one",
    ],
    [
      ["--keywords", "a", "--variant-field", "A.thing1=a"],
      "--variant-field requires --variant",
      "--variant A",
    ],
    [[...AB, "--emphasis", "3"], "variant A: --emphasis 3 names a keyword that is not there", "number 2"],
    [[...AB, "--seed", ""], "--seed '' can't be used", "printable"],
    [[...AB, "--seed", "a\u0007"], "can't be used", "1 to 64 printable"],
    [[...AB, "--seed", "x".repeat(65)], "can't be used", "1 to 64 printable"],
    [
      Array.from({ length: 21 }, (_, i) => ["--variant", `v${i}=a`]).flat(),
      "--variant is given 21 times; the maximum is 20",
      "fewer",
    ],
  ])("%j", async (args, message, hint) => {
    await giveUsers(world, 1);
    const before = await dumpAll(world);
    const result = await inPipe(world, ["t", "--yes", "--json", ...args]);
    expect(result, result.stderr).toMatchObject({ code: 2, stdout: "" });
    expect(errorOf(result).message).toContain(message);
    expect(errorOf(result).hint).toContain(hint);
    expect(await dumpAll(world)).toEqual(before);
  });

  test.each<[args: string[], message: string]>([
    [
      ["--variant", "A", "--variant", "B", "--variant-field", "C.thing1=a"],
      "--variant-field 'C.thing1=a': there is no variant 'C'",
    ],
    [
      ["--variant", "A", "--variant", "B", "--variant-field", "thing1=a"],
      "--variant-field 'thing1=a' is not variant.field=value",
    ],
    [
      ["--variant", "A", "--variant", "B", "--variant-field", "A.thing1=a", "--variant-field", "A.thing1=b"],
      "--variant-field sets A.thing1 twice",
    ],
    [["--variant", "A=a,10:00,b", "--variant", "B=c,ten,d"], "variant B: time2 'ten'"],
    [
      ["--variant", "A=a,10:00,b", "--variant", "B=c,10:00"],
      "variant B: 2 values for the 3 fields of '活动提醒'",
    ],
    [
      [
        "--field",
        "time2=10:00",
        "thing3=x",
        "--variant",
        "A",
        "--variant",
        "B",
        "--variant-field",
        "A.thing1=a",
      ],
      "variant B: no value for thing1",
    ],
  ])("for subscribe messages: %j", async (args, message) => {
    const line = [...args, "--channel", "wechat-subscribe", "--yes", "--json", "--", TEMPLATES.activity];
    const result = await inPipe(world, line);
    expect(result.code, result.stderr).toBe(2);
    expect(errorOf(result).message).toContain(message);
  });
});

test("the dry run and the question show each variant: its texts, its share and how many users would get it", async () => {
  await giveUsers(world, 60, { codes: 2 });
  const dry = await atTerminal(world, ["t", ...AB, "--seed", "s", "--dry-run"]);
  const { variants = [] } = (
    await inPipe(world, ["t", ...AB, "--seed", "s", "--dry-run", "--json"])
  ).json<BroadcastResult>();
  const [a, b] = variants.map(({ recipients }) => recipients);
  expect(a! + b!).toBe(60);
  const facts = new RegExp(
    `variant A +70%: ${a} users\\nkeyword1 +one\\nkeyword2 +two\\nvariant B +30%: ${b} users\\nkeyword1 +three\\nkeyword2 +four\\nseed +s\\n`,
  );
  expect(dry.stdout).toMatch(facts);
  expect(dry.stdout).toMatch(
    /sample of variant A: \{[^}]*"touser"[\s\S]*"one"[\s\S]*sample of variant B: \{[\s\S]*"three"/,
  );
  const asked = await atTerminal(world, ["t", ...AB, "--seed", "s", "--id", "b-1"], "y\n");
  expect(asked.code, asked.stderr).toBe(0);
  expect(asked.stderr).toMatch(facts);
  expect(asked.stdout).toMatch(
    new RegExp(`\\nvariant +share +sent .*\\n.*\\nA +70% +${a} .*\\nB +30% +${b} `),
  );
});

test("a dry run that was given neither id nor seed says that the next one draws others", async () => {
  await giveUsers(world, 4);
  const without = await atTerminal(world, ["t", ...AB, "--dry-run"]);
  expect(unwrap(without.stdout)).toMatch(
    /seed +\S+ \(drawn anew each time, unless --seed or --id is given\)/,
  );
  const named = await atTerminal(world, ["t", ...AB, "--dry-run", "--id", "b-9"]);
  expect(named.stdout).toMatch(/seed +b-9\n/);
});

test("doubts: a full-width comma in one of them, and the same texts in two", async () => {
  await giveUsers(world, 2);
  const comma = await inPipe(world, ["t", "--variant", "A=a", "--variant", "B=b，c", "--dry-run", "--json"]);
  expect(comma.stderr).toContain("warning: variant B: keyword1 contains a full-width comma");
  const fits = ["--variant", "A=a；b", "--variant", "B=c；d", "--keywords-delimiter", "；"];
  const split = await inPipe(world, ["t", ...fits, "--dry-run", "--json"]);
  expect(split.stderr).not.toContain("warning: variant");
  const same = await inPipe(world, [
    "t",
    "--variant",
    "A=a",
    "--variant",
    "B=b",
    "--variant",
    "C=a",
    "--dry-run",
    "--json",
  ]);
  expect(same.stderr).toContain("warning: variants A and C have the same texts");
});

test("show: a line for each variant, all texts with --full, and the table of what became of them", async () => {
  await giveUsers(world, 40);
  setFaults(world, "errcode-43101:30");
  const sent = (await inPipe(world, ["t", ...AB, "--id", "b-1", "--yes", "--json"])).json<BroadcastResult>();
  const shown = await atTerminal(world, ["show", "b-1"]);
  expect(shown.stdout).toMatch(/variant A +70% {2}"one", "two"\nvariant B +30% {2}"three", "four"\n/);
  for (const { name, outcomes } of sent.variants ?? []) {
    const share = Math.floor((outcomes.rejected * 1000) / (outcomes.sent + outcomes.rejected)) / 10;
    expect(shown.stdout).toMatch(
      new RegExp(
        `\\n${name} +\\d+% +${outcomes.sent} +${outcomes.rejected} +0 +0 +0 +${share.toFixed(1)}%\\n`,
      ),
    );
  }
  expect(shown.stdout.split("\n").length).toBeLessThanOrEqual(25);
  expect((await atTerminal(world, ["show", "b-1", "--full"])).stdout).toMatch(
    /variant B +30%\nkeyword1 +three\n/,
  );
  const { message, variants } = (await inPipe(world, ["show", "b-1", "--json"])).json<
    BroadcastResult & { message: unknown }
  >();
  expect(message).toMatchObject({
    keywords: ["one", "two"],
    variants: {
      seed: "b-1",
      list: [
        { name: "A", share: 0.7, fields: [{ name: "keyword1", value: "one" }, { value: "two" }] },
        { name: "B", share: 0.3, fields: [{ name: "keyword1", value: "three" }, { value: "four" }] },
      ],
    },
  });
  expect(variants).toEqual(sent.variants);
  const many = Array.from({ length: 6 }, (_, i) => ["--variant", `v${i}=text ${i}`]).flat();
  setFaults(world);
  await giveUsers(world, 2);
  await inPipe(world, ["t", ...many, "--id", "b-2", "--yes", "--json"]);
  expect((await atTerminal(world, ["show", "b-2"])).stdout).toMatch(
    /variant v3 .*\n +and 2 more: --full shows them\n/,
  );
});

test("recipients and csv have a column for the variant where there are variants", async () => {
  await giveUsers(world, 5);
  await inPipe(world, ["t", ...AB, "--id", "b-1", "--yes", "--json"]);
  const csv = await inPipe(world, ["recipients", "b-1", "--format", "csv"]);
  expect(csv.stdout).toMatch(/^openId,outcome,attempts,errcode,errmsg,msgid,formId,at,variant\r?\n/);
  expect(csv.stdout).toMatch(/^u0,sent,.*Z,[AB]\r?$/m);
  expect((await atTerminal(world, ["recipients", "b-1"])).stdout).toMatch(/u0 +sent .* [AB]\n/);
  await giveUsers(world, 5);
  await inPipe(world, ["t", "--keywords", "a", "--id", "b-2", "--yes", "--json"]);
  const plain = await inPipe(world, ["recipients", "b-2", "--format", "csv"]);
  expect(plain.stdout).toMatch(/^openId,outcome,attempts,errcode,errmsg,msgid,formId,at\r?\n/);
});

describe("--test", () => {
  const env = () => ({ PUSH_CLI_API_BASE: recorder.url });
  const SEND = ["t", ...AB, "--id", "b-1", "--to", "oA", "--test", "oMe"];

  test("sends each variant to each tester, with a code each, and then asks", async () => {
    for (const n of [1, 2]) await giveCode(world, "oMe", `me-${n}`);
    await giveCode(world, "oA", "a-1");
    const result = await atTerminal(world, SEND, "y\n", env());
    expect(result.code, result.stderr).toBe(0);
    expect(recorder.textsOf("oMe")).toEqual([{ keywords: ["one", "two"] }, { keywords: ["three", "four"] }]);
    expect(recorder.textsOf("oA")).toHaveLength(1);
    expect(result.stderr).toMatch(/test +first each variant to oMe, then asks/);
    expect(result.stderr).toMatch(
      /test b-1-test-1 of variant A\noMe +sent\ntest b-1-test-2 of variant B\noMe +sent\n/,
    );
    expect(result.stderr).toMatch(/test +sent to 1 of 1 user of variant B\n/);
    expect(world.sandbox.stats().deliveriesByUser).toEqual({ oMe: 2, oA: 1 });
    expect(await world.redis.client.exists("mina:openid:oMe")).toBe(0);
  });

  test("a tester without enough codes does not get the others; with --yes that ends it", async () => {
    await giveCode(world, "oMe", "me-1");
    await giveCode(world, "oA", "a-1");
    const result = await inPipe(world, [...SEND, "--yes"], env());
    expect(result.code).toBe(9);
    expect(result.stderr).toContain("the test of variant B reached 0 of 1 user");
    expect(result.stderr).toContain("no_code: no valid code");
    expect(recorder.textsOf("oMe")).toEqual([{ keywords: ["one", "two"] }]);
    expect(recorder.textsOf("oA")).toEqual([]);
  });
});
