import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { BroadcastResult } from "../../../src/broadcast/record.ts";
import type { ReportLine } from "../../../src/broadcast/report.ts";
import { dumpAll, giveUsers, outcomes, useFolder, useWorld } from "../../broadcast/world.ts";
import { useRecorder } from "../../helpers/recorder.ts";
import { atTerminal, errorOf } from "./at-terminal.ts";
import { parseLines, useCommands } from "./commands.ts";

const world = useWorld();
const recorder = useRecorder(() => world.sandbox.url);
const dir = useFolder();
const { run, show } = useCommands(world);

const SHOPS = "openId,name,shop\nu0,Ann,East\nu1,Bob,West\nu2,,North\n";

let files = 0;
function fileOf(text: string): string {
  const path = join(dir, `list${files++}`);
  writeFileSync(path, text);
  return path;
}

function send(file: string, args: string[], stdin?: string) {
  const env = { PUSH_CLI_API_BASE: recorder.url };
  const line = ["t", "--yes", "--json", "--to-file", file, ...args];
  return run(line, stdin === undefined ? { env } : { env, stdin });
}

const KEYWORDS = ["--keywords", "{{name}},to {{ shop }}!"];

describe("columns of --to-file in a message", () => {
  test("give every recipient their own, in keywords and page", async () => {
    await giveUsers(world, 4);
    const file = fileOf(SHOPS);
    const page = "pages/a?shop={{shop}}";
    const result = await send(file, [...KEYWORDS, "--page", page, "--id", "b-1"]);
    expect(result.code, result.stderr).toBe(0);
    expect(result.json()).toMatchObject({ recipients: 3, outcomes: outcomes({ sent: 3 }) });
    expect(recorder.textsOf("u0")).toEqual([{ keywords: ["Ann", "to East!"], page: "pages/a?shop=East" }]);
    expect(recorder.textsOf("u1")).toEqual([{ keywords: ["Bob", "to West!"], page: "pages/a?shop=West" }]);
    expect(recorder.textsOf("u2")).toEqual([{ keywords: ["", "to North!"], page: "pages/a?shop=North" }]);
    const { message } = (await show("b-1")) as unknown as { message: unknown };
    expect(message).toMatchObject({
      fields: [
        { name: "keyword1", value: "{{name}}" },
        { name: "keyword2", value: "to {{ shop }}!" },
      ],
      columns: ["name", "shop"],
    });
  });

  test.each([
    ["NDJSON", '{"open_id":"u0","name":"a,\\"b\\"","shop":7}\n{"openId":"u1","name":true,"shop":1.5}\n'],
    ["stdin", 'openid\tname\tshop\nu0\ta,"b"\t7\nu1\ttrue\t1.5\n'],
  ])("from %s", async (kind, text) => {
    await giveUsers(world, 2);
    const isStdin = kind === "stdin";
    const result = await send(isStdin ? "-" : fileOf(text), KEYWORDS, isStdin ? text : undefined);
    expect(result.code, result.stderr).toBe(0);
    expect(recorder.textsOf("u0")).toEqual([{ keywords: ['a,"b"', "to 7!"] }]);
    expect(recorder.textsOf("u1")).toEqual([{ keywords: ["true", "to 1.5!"] }]);
  });

  test("the openId is a column, too, and {{{{ is a literal {{, with columns or without", async () => {
    await giveUsers(world, 2);
    const file = fileOf("openId\nu0\n");
    expect((await send(file, ["--keywords", "{{openid}},{{{{x}}"])).code).toBe(0);
    expect(recorder.textsOf("u0")).toEqual([{ keywords: ["u0", "{{x}}"] }]);
    expect((await send(fileOf("u1\n"), ["--keywords", "{{{{x}}, {y}}"])).code).toBe(0);
    expect(recorder.textsOf("u1")).toEqual([{ keywords: ["{{x}}", " {y}}"] }]);
  });

  test("the first row of a user counts, and other values are warned of", async () => {
    await giveUsers(world, 2);
    const result = await send(fileOf(`${SHOPS}u0,Ann,East\nu1,Bobby,West\nu1,,\n`), KEYWORDS);
    expect(result.json()).toMatchObject({ outcomes: outcomes({ sent: 2, no_code: 1 }) });
    expect(recorder.textsOf("u1")).toEqual([{ keywords: ["Bob", "to West!"] }]);
    expect(result.stderr).toContain(
      "warning: 2 duplicate rows with different values: the first row of each user is used; first duplicate: line 6: 'u1'",
    );
  });
});

describe("is refused with exit code 2, and nothing is done:", () => {
  test.each<[string, string[], string, string]>([
    [
      SHOPS,
      ["--keywords", "{{nmae}}"],
      "has no column 'nmae'",
      "did you mean {{name}}? valid columns: openId, name, shop",
    ],
    ['{"openId":"u0","a":1}', ["--keywords", "{{b}}"], "has no column 'b'", "valid columns: openId, a"],
    ["u0\nu1\n", KEYWORDS, "has no header line with a column 'name'", "openId,name"],
    ["openId,a,a\nu0,1,2\n", ["--keywords", "{{a}}"], "has 2 columns 'a'", "rename"],
    [
      SHOPS,
      ["--keywords", "{{name"],
      "value 1 of --keywords has '{{' without '}}': \"{{name\"",
      "{{{{ writes a literal {{",
    ],
    [
      SHOPS,
      ["--keywords", "a,{{ }}"],
      "value 2 of --keywords names no column between '{{' and '}}'",
      "{{{{ writes a literal {{",
    ],
    ["openId,name,shop\nu0,Ann\n", KEYWORDS, "line 2: no column 'shop'", "use --skip-bad-rows to skip it"],
    [
      "openId,name,shop\nu0,\u0007,a\n",
      KEYWORDS,
      'line 2: keyword1 contains the control character U+0007: "\\u0007"',
      "--skip-bad-rows",
    ],
    [
      "openId,name,shop\nu0,\ufffd,a\n",
      KEYWORDS,
      " is not UTF-8",
      "name the file's encoding, such as --encoding gb18030",
    ],
    ["openId,name\nu0,\n", ["--keywords", "{{name}}"], "line 2: all values are empty", "--skip-bad-rows"],
    [
      "openId,name\nu0,/a\n",
      ["--keywords", "a", "--page", "{{name}}"],
      "line 2: '/a' is not a page path",
      "--skip-bad-rows",
    ],
    [
      `openId,name\nu0,${"x".repeat(4097)}\n`,
      ["--keywords", "{{name}}"],
      "line 2: its values are 4097 characters long",
      "--skip-bad-rows",
    ],
    [
      '{"openId":"u0","n":12345678901234567890}',
      ["--keywords", "{{n}}"],
      "the number in column 'n' is too large",
      "--skip-bad-rows",
    ],
    [
      '{"openId":"u0","n":null}',
      ["--keywords", "{{n}}"],
      "line 1: no value in column 'n'",
      "--skip-bad-rows",
    ],
    ['{"openId":"u0","n":{}}', ["--keywords", "{{n}}"], "line 1: column 'n' is not text", "--skip-bad-rows"],
    [
      '{"openId":"u0"}',
      ["--keywords", "{{constructor}}"],
      "has no column 'constructor'",
      "valid columns: openId",
    ],
  ])("%j %j", async (text, args, message, hint) => {
    await giveUsers(world, 2);
    const before = await dumpAll(world);
    const result = await send(fileOf(text), args);
    expect(result).toMatchObject({ code: 2, stdout: "" });
    const error = errorOf(result);
    expect(error.message).toContain(message);
    expect(error.hint).toContain(hint);
    expect(await dumpAll(world)).toEqual(before);
  });

  test("columns without a file, --skip-bad-rows without one", async () => {
    const alone = await run(["t", "--yes", "--json", ...KEYWORDS]);
    expect([alone.code, errorOf(alone).message]).toEqual([
      2,
      "{{name}} refers to a column of --to-file, which is missing",
    ]);
    const skip = await run(["t", "--yes", "--json", "--no-keywords", "--to", "u0", "--skip-bad-rows"]);
    expect([skip.code, errorOf(skip).message]).toEqual([2, "--skip-bad-rows requires --to-file"]);
  });

  test("twelve bad rows: the first ten, and how many more", async () => {
    const bad = Array.from({ length: 12 }, (_, i) => `b${i},x`).join("\n");
    const result = await send(fileOf(`openId,name,shop\nu0,Ann,East\n${bad}\n`), KEYWORDS);
    expect(result.code).toBe(2);
    const { message, details, hint } = errorOf(result) as ReturnType<typeof errorOf> & { details: string[] };
    expect(message).toMatch(/: 12 invalid rows$/);
    expect(details).toHaveLength(11);
    expect(details[0]).toBe("line 3: no column 'shop'");
    expect(details[10]).toBe("and 2 more");
    expect(hint).toContain("use --skip-bad-rows to skip them");
  });

  test("a row without an openId, whatever may be skipped", async () => {
    const result = await send(fileOf("openId,name,shop\n,Ann,East\n"), [...KEYWORDS, "--skip-bad-rows"]);
    expect([result.code, errorOf(result).message]).toEqual([2, expect.stringContaining("line 2: no openId")]);
  });
});

describe("--skip-bad-rows", () => {
  const MIXED = `${SHOPS}u3,Dan\nu4,Eve,\u0007\nu3,Dan,South\n`;

  test("goes on without them: their outcome is invalid, everywhere", async () => {
    await giveUsers(world, 5);
    const report = join(dir, "report");
    const result = await send(fileOf(MIXED), [
      ...KEYWORDS,
      "--skip-bad-rows",
      "--id",
      "b-1",
      "--report",
      report,
    ]);
    expect(result.code, result.stderr).toBe(8);
    expect(result.stderr).toContain("2 rows are skipped as invalid; the first is line 5: no column 'shop'");
    const expected = { recipients: 5, toGo: 0, outcomes: outcomes({ sent: 3, invalid: 2 }) };
    expect(result.json<BroadcastResult>()).toMatchObject(expected);
    expect(recorder.textsOf("u3")).toEqual([]);
    for (const more of [[], ["--exact"]]) expect(await show("b-1", ...more)).toMatchObject(expected);
    const lines = parseLines<ReportLine>(readFileSync(report, "utf8"));
    expect(lines).toHaveLength(5);
    const left = { outcome: "invalid", attempts: 0, errcode: null, msgid: null, formId: null };
    const invalid = [
      { ...left, openId: "u3", errmsg: "line 5: no column 'shop'" },
      {
        ...left,
        openId: "u4",
        errmsg: expect.stringContaining("line 6: keyword2 contains the control character"),
      },
    ];
    expect(lines.filter(({ outcome }) => outcome === "invalid")).toMatchObject(invalid);
    const listed = await run(["recipients", "b-1", "--outcome", "invalid", "--json"]);
    expect(listed.lines()).toMatchObject(invalid);
    expect((await run(["recipients", "b-1", "--json"])).lines()).toHaveLength(5);
    expect((await run(["recipients", "b-1", "--outcome", "sent", "--json"])).lines()).toHaveLength(3);
    const list = await run(["list", "--json"]);
    expect(list.lines()).toMatchObject([expected]);
    await run(["delete", "b-1", "--yes"]);
    expect(await world.redis.client.keys("mina:broadcast*")).toEqual([]);
  });

  test("when none is left, nothing is sent", async () => {
    const result = await send(fileOf("openId,name,shop\nu0,x\n"), [...KEYWORDS, "--skip-bad-rows"]);
    expect([result.code, errorOf(result).message]).toEqual([3, expect.stringContaining("no usable row in ")]);
  });

  test("the dry run counts them, and changes nothing", async () => {
    await giveUsers(world, 5);
    const before = await dumpAll(world);
    const result = await send(fileOf(MIXED), [...KEYWORDS, "--skip-bad-rows", "--dry-run"]);
    expect(result.json()).toMatchObject({
      recipients: 5,
      outcomes: outcomes({ sent: 3, invalid: 2 }),
      columns: ["name", "shop"],
      sample: { touser: "u0", data: { keyword1: { value: "Ann" }, keyword2: { value: "to East!" } } },
    });
    expect(await dumpAll(world)).toEqual(before);
  });
});

test("more rows than stay in memory, from stdin: counted, and the last is as good as the first", async () => {
  await giveUsers(world, 1, { prefix: "last" });
  const rows = Array.from({ length: 40_000 }, (_, i) => `o${i},${"name ".repeat(25)}${i},East`);
  const text = `openId,name,shop\n${rows.join("\n")}\nlast0,Zoe,West\n`;
  expect(text.length).toBeGreaterThan(5_000_000);
  const result = await send("-", [...KEYWORDS, "--dry-run"], text);
  expect(result.code, result.stderr).toBe(0);
  expect(result.json()).toMatchObject({
    recipients: 40_001,
    outcomes: outcomes({ sent: 1, no_code: 40_000 }),
    sample: { touser: "last0", data: { keyword1: { value: "Zoe" } } },
  });
});

test("the preview shows the first recipient's values, and the columns", async () => {
  await giveUsers(world, 3);
  const shown = await atTerminal(world, ["t", "--to-file", fileOf(SHOPS), ...KEYWORDS, "--id", "b-1"], "y\n");
  expect(shown.code, shown.stderr).toBe(0);
  expect(shown.stderr).toMatch(/columns +name, shop; values shown are from line 2 \(u0\)/);
  expect(shown.stderr).toMatch(/keyword1 +Ann\n/);
  expect(shown.stderr).toMatch(/keyword2 +to East!\n/);
  const full = await atTerminal(world, ["show", "b-1", "--full"]);
  expect(full.stdout).toMatch(/keyword2 +to \{\{ shop \}\}!/);
  expect((await atTerminal(world, ["show", "b-1"])).stdout).toContain('"{{name}}", "to {{ shop }}!"');
});
