import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { dumpAll, giveUsers, setFaults, useFolder, useWorld } from "../../broadcast/world.ts";
import { plainEntry } from "../../helpers/redis.ts";
import { atTerminal, errorOf, inPipe, pressCtrlC } from "./at-terminal.ts";

const world = useWorld({ redis: { password: "pass-4711" } });
const dir = useFolder();
const TEMPLATE_ID = "4bG2hT7kQ_9wXc-ZpL0aVn3sYd8uRe6fJi1oMb5gKtE";

beforeEach(async () => {
  await giveUsers(world, 4);
  await giveUsers(world, 2, { codes: 2, prefix: "rich" });
  await world.redis.push("late", plainEntry("late-a", 1_568_000_000_000));
});

/** The facts of a preview, by name. */
function factsIn(text: string): Record<string, string> {
  const facts = text.split("\n").flatMap((line) => {
    const fact = /^(\w[\w ]*?) {2,}(.*)$/.exec(line);
    return fact ? [[fact[1]!, fact[2]!]] : [];
  });
  return Object.fromEntries(facts);
}

async function expectNothingDone(before: Record<string, unknown>) {
  expect(world.sandbox.stats().requests).toBe(0);
  expect(await dumpAll(world)).toEqual(before);
}

/** A configuration of the user's with a profile. */
function useProfile(): Record<string, string> {
  mkdirSync(join(dir, "push-cli"), { recursive: true });
  const profiles = { shop: { appid: "wx-sandbox" } };
  writeFileSync(join(dir, "push-cli", "push-cli.config.json"), JSON.stringify({ profiles }));
  return { XDG_CONFIG_HOME: dir };
}

describe("the question tells", () => {
  const ARGS = [TEMPLATE_ID, "--keywords", '"one, two",,three'];

  test("where, what and to whom", async () => {
    const before = await dumpAll(world);
    const report = join(dir, "asked.ndjson");
    const more = ["--page", "pages/a?x=1", "--emphasis", "1", "--rate", "2/s", "--report", report];
    const argv = [...ARGS, ...more, "--profile", "shop"];
    const { code, stdout, stderr } = await atTerminal(world, argv, "n\n", useProfile());
    expect({ code, stdout }, stderr).toEqual({ code: 11, stdout: "" });
    const { port } = new URL(world.redis.url);
    expect(factsIn(stderr)).toEqual({
      profile: "shop",
      appid: "wx-sandbox",
      redis: expect.stringMatching(
        new RegExp(`^redis://.*127\\.0\\.0\\.1:${port}, pools under mina:openid:$`),
      ),
      channel: "wechat-template",
      API: world.sandbox.url,
      template: TEMPLATE_ID,
      page: "pages/a?x=1",
      keyword1: "one, two (large)",
      keyword2: "(empty)",
      keyword3: "three",
      audience: "all pools: 7 users, 6 with a valid code",
      spends: "6 codes; this leaves 4 users without a code",
      leaves: "4 users with no code, 2 users with 1 code",
      takes: "about 3.0 s at 2.0/s",
      report,
    });
    expect(stderr).toContain("Send to 6 users? [y/N] ");
    expect(stderr).toContain("not confirmed; nothing was sent");
    expect(stderr).not.toContain("pass-4711");
    await expectNothingDone(before);
  });

  test("what is not given", async () => {
    const { stderr } = await atTerminal(world, [TEMPLATE_ID], "n\n");
    expect(factsIn(stderr)).toMatchObject({
      profile: "(none)",
      page: expect.stringContaining("none"),
      keywords: expect.stringContaining("none: the message is blank"),
      takes: expect.stringContaining("--rate"),
      report: expect.stringContaining("none (--report"),
    });
  });

  test("a listed audience and a limit", async () => {
    const argv = [TEMPLATE_ID, "--to", "u0", "rich0", "late", "--limit", "1"];
    const { stderr } = await atTerminal(world, argv, "n\n");
    expect(factsIn(stderr).audience).toMatch(/^listed users, up to --limit 1: /);
    expect(stderr).toContain("Send to 1 user? [y/N] ");
  });

  test("the same as the dry run", async () => {
    const asked = await atTerminal(world, ARGS, "n\n");
    const dry = await atTerminal(world, [...ARGS, "--dry-run"]);
    expect(dry.code).toBe(0);
    const facts = factsIn(asked.stderr);
    expect(Object.keys(facts)).toHaveLength(15);
    expect(factsIn(dry.stdout)).toMatchObject(facts);
  });

  test("all of it on a screen of 80 columns and 24 lines", async () => {
    const report = "/var/log/push-cli/report-of-the-spring-campaign-2026.ndjson";
    const argv = [TEMPLATE_ID, "--keywords", "a,b,c,d,e", "--page", "pages/orders/detail?from=push"];
    const { stderr } = await atTerminal(world, [...argv, "--report", join(dir, "r")], "n\n");
    const [shown = ""] = stderr.split("[y/N]");
    const lines = shown.replace(join(dir, "r"), report).split("\n");
    const rows = lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / 80)), 0);
    expect(rows).toBeLessThanOrEqual(24);
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
  });
});

describe("an answer", () => {
  test("of y sends", async () => {
    const { code, stderr } = await atTerminal(world, [TEMPLATE_ID], "y\n");
    expect(code, stderr).toBe(0);
    expect(world.sandbox.stats().delivered).toBe(6);
  });

  test.each(["n\n", "\n", "", "yes please\n", "6\n"])("of %j does not", async (typed) => {
    const before = await dumpAll(world);
    expect((await atTerminal(world, [TEMPLATE_ID], typed)).code).toBe(11);
    await expectNothingDone(before);
  });

  test("of Ctrl-C ends it: exit 130", async () => {
    const before = await dumpAll(world);
    const { code, stderr } = await pressCtrlC(world, [TEMPLATE_ID], /\[y\/N\]/);
    expect(code).toBe(130);
    expect(stderr).toContain("interrupted; nothing was sent");
    await expectNothingDone(before);
  });
});

describe("above --confirm-above the number has to be typed", () => {
  const ARGS = [TEMPLATE_ID, "--confirm-above", "2"];

  test("and it sends", async () => {
    const { code, stderr } = await atTerminal(world, ARGS, "6\n");
    expect(code, stderr).toBe(0);
    expect(stderr).toContain("Send to 6 users? Type the number to confirm: ");
    expect(world.sandbox.stats().delivered).toBe(6);
  });

  test.each(["y\n", "yes\n", "7\n", "2\n", "\n"])("%j is no", async (typed) => {
    const before = await dumpAll(world);
    expect((await atTerminal(world, ARGS, typed)).code).toBe(11);
    await expectNothingDone(before);
  });

  test("as many users as that are not above it, and --yes answers any", async () => {
    expect((await atTerminal(world, [TEMPLATE_ID, "--confirm-above", "6"], "y\n")).code).toBe(0);
    await giveUsers(world, 3, { prefix: "v" });
    expect((await inPipe(world, [...ARGS, "--no-keywords", "--yes"])).code).toBe(0);
  });

  test("which is 10,000 unless told otherwise", async () => {
    const expire = Date.now() + 3_600_000;
    const pipeline = world.redis.client.pipeline();
    for (let i = 0; i <= 10_000; i++) pipeline.rpush(`mina:openid:m${i}`, plainEntry(`m${i}`, expire));
    await pipeline.exec();
    const { code, stderr } = await atTerminal(world, [TEMPLATE_ID], "y\n");
    expect(code).toBe(11);
    expect(stderr).toContain("Send to 10,007 users? Type the number to confirm: ");
    expect(world.sandbox.stats().requests).toBe(0);
  });

  test.each(["-1", "many", "1.5"])("--confirm-above=%s is no number", async (value) => {
    const result = await inPipe(world, [TEMPLATE_ID, `--confirm-above=${value}`, "--dry-run"]);
    expect(result.code).toBe(2);
    expect(result.stderr).toContain(`--confirm-above`);
  });
});

test("--no-input never asks", async () => {
  const before = await dumpAll(world);
  const { code, stderr } = await atTerminal(world, [TEMPLATE_ID, "--no-input"], "y\n");
  expect(code).toBe(11);
  expect(stderr).not.toContain("[y/N]");
  await expectNothingDone(before);
});

describe("a message that says nothing", () => {
  const EMPTY: [string, string[], string][] = [
    ["no --keywords", [], "no --keywords"],
    ["--keywords ''", ["--keywords", ""], "--keywords '' is empty"],
    ["--keywords ','", ["--keywords", ","], "--keywords ',' is empty"],
    ["--keywords ' , '", ["--keywords", " , "], "--keywords ' , ' is empty"],
  ];

  test.each(EMPTY)("is refused with --yes: %s", async (_, args, message) => {
    const before = await dumpAll(world);
    for (const more of [[], ["--dry-run"]]) {
      const result = await inPipe(world, [TEMPLATE_ID, ...args, "--yes", "--json", ...more]);
      expect(result).toMatchObject({ code: 2, stdout: "" });
      expect(errorOf(result)).toMatchObject({
        code: "usage",
        message: expect.stringContaining(message),
        hint: expect.stringContaining("--no-keywords"),
      });
    }
    await expectNothingDone(before);
  });

  test.each(EMPTY)("is named in the question and in the dry run: %s", async (_, args) => {
    const NAMED = /^keyword(s +none: the message is blank|1 +\(empty\)$)/m;
    const dry = await atTerminal(world, [TEMPLATE_ID, ...args, "--dry-run"]);
    expect(dry.code).toBe(0);
    expect(dry.stdout).toMatch(NAMED);
    const asked = await atTerminal(world, [TEMPLATE_ID, ...args], "y\n");
    expect(asked.code).toBe(0);
    expect(asked.stderr).toMatch(NAMED);
  });

  test("is sent with --yes --no-keywords", async () => {
    const result = await inPipe(world, [TEMPLATE_ID, "--yes", "--no-keywords"]);
    expect(result.code, result.stderr).toBe(0);
    expect(world.sandbox.stats()).toMatchObject({ delivered: 6, lastMessage: { data: {} } });
  });

  test("is not made of two, of which the last would win", async () => {
    const before = await dumpAll(world);
    const result = await inPipe(world, [
      TEMPLATE_ID,
      "--keywords",
      "a",
      "--keywords",
      "b",
      "--yes",
      "--json",
    ]);
    expect(result).toMatchObject({ code: 2, stdout: "" });
    expect(errorOf(result).message).toBe("--keywords is given more than once");
    await expectNothingDone(before);
  });

  test.each([
    ["--keywords", "a,b", "--no-keywords"],
    ["--no-keywords", "--keywords", "a,b"],
  ])("is not made of one that says something: %s %s %s", async (...args) => {
    const before = await dumpAll(world);
    for (const more of [["--yes"], ["--dry-run"]]) {
      const result = await inPipe(world, [TEMPLATE_ID, ...args, ...more, "--json"]);
      expect(result).toMatchObject({ code: 2, stdout: "" });
      expect(errorOf(result).message).toBe("--keywords and --no-keywords can't be used together");
    }
    await expectNothingDone(before);
  });

  test.each([["--keywords", ""], ["--keywords=,"]])("but of an empty variable: %s %s", async (...args) => {
    const given = args.filter((arg) => arg !== undefined);
    expect((await inPipe(world, [TEMPLATE_ID, ...given, "--no-keywords", "--yes"])).code).toBe(0);
    expect(world.sandbox.stats()).toMatchObject({ delivered: 6, lastMessage: { data: {} } });
  });

  test.each(["--keywords= ,a", "--keywords=0"])("is not one with %s", async (flag) => {
    expect((await inPipe(world, [TEMPLATE_ID, flag, "--yes"])).code).toBe(0);
    expect(world.sandbox.stats().delivered).toBe(6);
  });
});

test("an audience without a valid code is nothing to ask about: exit 3", async () => {
  setFaults(world);
  const { code, stderr } = await atTerminal(world, [TEMPLATE_ID, "--to", "late"], "y\n");
  expect(code).toBe(3);
  expect(stderr).toContain("the user has no valid code");
  expect(stderr).not.toContain("[y/N]");
});
