import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { dumpAll, giveUsers, useFolder, useWorld } from "../../broadcast/world.ts";
import { unwrap } from "../world.ts";
import { atTerminal, errorOf, inPipe } from "./at-terminal.ts";

const world = useWorld();
const dir = useFolder();
const WECHAT = { PUSH_CLI_API_BASE: "https://api.weixin.qq.com" };
const TEMPLATE_ID = "4bG2hT7kQ_9wXc-ZpL0aVn3sYd8uRe6fJi1oMb5gKtE";
const SENT = ["t", "--yes", "--no-keywords", "--json"];
const file = (bytes: string | Buffer) => {
  const path = join(dir, "audience");
  writeFileSync(path, bytes);
  return path;
};
const delivered = () => world.sandbox.stats().delivered;

beforeEach(async () => {
  await giveUsers(world, 3);
});

describe("an audience file", () => {
  test.each([
    ["UTF-16", Buffer.from("\ufeffopenId\t昵称\r\nu0\t张\r\nu2\t李\r\n", "utf16le"), []],
    ["semicolons", "openId;name\nu0;a\nu2;b\n", []],
    ["keys of pools", "mina:openid:u0\nmina:openid:u2\n", []],
    ["a column in Chinese", "序号,用户openid,昵称\n1,u0,张\n2,u2,李\n", []],
    [
      "GB18030",
      Buffer.from([0xd3, 0xc3, 0x2c, ...Buffer.from("openid\n1,u0\n2,u2\n")]),
      ["--encoding", "gb18030"],
    ],
  ])("in %s is read", async (_, bytes, more) => {
    const result = await inPipe(world, [...SENT, "--to-file", file(bytes), ...more]);
    expect(result).toMatchObject({ code: 0, stderr: expect.stringContaining("broadcast ") });
    expect(result.json()).toMatchObject({ recipients: 2, outcomes: { sent: 2 } });
  });

  test.each([
    ["u0\nu1;a\n", "line 2: 'u1;a' is not an openId"],
    ["序号,昵称\n1,u0\n", "line 1: no column is named openId: 序号, 昵称"],
    [
      Buffer.from([0x75, 0xd5, 0x0a]),
      "line 1: not UTF-8: set the encoding with --encoding, for example gb18030",
    ],
    ['["u0"]', "the file is a JSON array"],
  ])("%j is refused, and nothing is sent", async (bytes, message) => {
    const before = await dumpAll(world);
    const result = await inPipe(world, [...SENT, "--to-file", file(bytes)]);
    expect(result).toMatchObject({ code: 2, stdout: "" });
    expect(errorOf(result).message).toContain(message);
    expect(await dumpAll(world)).toEqual(before);
  });

  test("--encoding wants a file, and an encoding", async () => {
    const alone = await inPipe(world, [...SENT, "--encoding", "gb18030"]);
    expect([alone.code, errorOf(alone).message]).toEqual([2, "--encoding requires --to-file"]);
    const odd = await inPipe(world, [...SENT, "--to-file", file("u0\n"), "--encoding", "klingon"]);
    expect([odd.code, errorOf(odd).message]).toEqual([2, '--encoding: "klingon" is not an encoding']);
  });
});

describe("openIds that don't look like the platform's", () => {
  const FITS = "o6_bmjrPTlm6_2sgVt7hMZOPfL2M";
  // A dry run asks the API nothing.
  const count = (bytes: string) =>
    inPipe(world, [TEMPLATE_ID, "--dry-run", "--no-keywords", "--to-file", file(bytes)], WECHAT);

  test("are warned of, with share, line and example", async () => {
    const { stderr } = await count(`openId\n${FITS}\nu0\nu1\n`);
    expect(stderr).toContain(
      "warning: 2 of 3 openIds do not look like WeChat's (28 letters, digits, _ and -); the first is line 3: 'u0'\n",
    );
  });

  test("in words of the command line, too", async () => {
    const argv = [TEMPLATE_ID, "--dry-run", "--no-keywords", "--to", "u0"];
    const { stderr } = await inPipe(world, argv, WECHAT);
    expect(stderr).toContain("warning: 1 openId does not look like WeChat's");
  });

  test("and only those", async () => {
    await world.redis.push(FITS, JSON.stringify({ formId: "a", expire: Date.now() + 3600_000 }));
    expect((await count(`${FITS}\n`)).stderr).not.toContain("warning");
    // Of other APIs nobody knows what is right.
    expect((await inPipe(world, [TEMPLATE_ID, "--dry-run", "--to", "u0"])).stderr).not.toContain("warning");
  });
});

describe("an audience of whom nobody has a code", () => {
  test.each([
    ["--yes", ["--yes"], "finished"],
    ["--dry-run", ["--dry-run"], "finished"],
  ])("is exit 3, and says so: %s", async (_, flags, status) => {
    const result = await inPipe(world, ["t", "--no-keywords", "--json", "--to", "x1,x2", ...flags]);
    expect(result.code).toBe(3);
    expect(result.json()).toMatchObject({ status, outcomes: { no_code: 2, sent: 0 } });
    expect(errorOf(result)).toMatchObject({ code: "nothing", message: "none of 2 users has a valid code" });
  });

  test("one with a code makes it exit 0", async () => {
    expect((await inPipe(world, [...SENT, "--to", "x1,u1"])).code).toBe(0);
    expect(delivered()).toBe(1);
  });
});

describe("keywords", () => {
  const preview = (...argv: string[]) => atTerminal(world, ["t", "--dry-run", ...argv]);

  test("a full-width comma is doubted, and --keywords-delimiter decides", async () => {
    const { stdout } = await preview("--keywords", "订单，已发货");
    expect(unwrap(stdout)).toMatch(
      /^warning +keyword1 contains a full-width comma; .*--keywords-delimiter '，'/m,
    );
    const split = await preview("--keywords", "订单，已发货", "--keywords-delimiter", "，");
    expect(split.stdout).toMatch(/^keyword1 +订单\nkeyword2 +已发货$/m);
    const meant = await preview("--keywords", "订单，已发货;b", "--keywords-delimiter", ";");
    expect(meant.stdout).not.toContain("full-width");
    expect(meant.stdout).toMatch(/^keyword1 +订单，已发货\nkeyword2 +b$/m);
    for (const flag of ["--yes", "--dry-run"]) {
      const unseen = await inPipe(world, ["t", flag, "--keywords", "订单，已发货"]);
      expect(unseen.stderr).toContain("warning: keyword1 contains a full-width comma");
    }
  });

  test.each([
    [["--keywords", "a", "--keywords-delimiter", "::"], "--keywords-delimiter '::' is not one character"],
    [["--keywords", "a", "--keywords-delimiter", '"'], "--keywords-delimiter '\"' is not one character"],
    [["--keywords", "ok,\ufffd\ufffd"], 'keyword2 is not UTF-8: "\ufffd\ufffd"'],
    [["--keywords", "a\u001b[31m"], 'keyword1 contains the control character U+001B: "a\\u001b[31m"'],
    [["--keywords", "a", "--page", "p\ufffd"], '--page is not UTF-8: "p\ufffd"'],
    [["--keywords", "a", "--page", " pages/a"], "' pages/a' is not a page path"],
  ])("%j is refused", async (argv, message) => {
    const result = await inPipe(world, ["t", "--yes", "--json", ...argv]);
    expect(result).toMatchObject({ code: 2, stdout: "" });
    expect(errorOf(result).message).toBe(message);
    expect(delivered()).toBe(0);
  });

  test("line breaks and tabs are text", async () => {
    expect((await inPipe(world, ["t", "--yes", "--keywords", '"a\nb",c\td'])).code).toBe(0);
  });
});

test("a report that can't be written is exit 12, and says what it lacks; how the broadcast ended stays the document's", async () => {
  const result = await inPipe(world, [...SENT, "--report", "/dev/full"]);
  expect(result.code).toBe(12);
  expect(result.json()).toMatchObject({ status: "finished", outcomes: { sent: 3 } });
  expect(errorOf(result)).toMatchObject({
    code: "output",
    message: expect.stringMatching(
      /^cannot write the report "\/dev\/full": ENOSPC.*; 3 lines are missing from the file$/,
    ),
    hint: expect.stringContaining("broadcast recipients"),
  });
});
