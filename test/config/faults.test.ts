import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cwd, failure, here, home, load, useFolder, users, write } from "./folder.ts";

useFolder();

const MEND = "mend the file and run again; the README shows one";
const BESIDE = "stands beside appsecret; keep one of them";

describe("one fault of a file", () => {
  it.each([
    ["nothing", "", "line 1, column 1"],
    ["no JSON", '{"appsecret": s3cret}', "line 1, column 15"],
    ["half a list", "[1", "line 1, column 3"],
    ["a comma too many", '{\n  "appsecret": "s3cret",\n}', "line 3, column 1"],
    ["a comment", '{\r\n  // s3cret\r\n  "appid": "a"}', "line 2, column 3"],
    ["a torn secret", '{"appsecret": "s3cret', "line 1, column 15"],
    ["two documents", '{"appid": "a"}\n{"appsecret": "s3cret"}', "line 2, column 1"],
  ])("with %s tells where it is no JSON, and quotes nothing of it", async (_, content, where) => {
    write(here, content);
    const error = await failure();
    expect(error).toMatchObject({
      kind: "config",
      message: `"${here}" (${where}) is not valid JSON`,
      details: [],
    });
    expect(error.hint).toMatch(/^keys and text stand in double quotes/);
    expect(error.cause).toBeUndefined();
    expect(`${error.message}${error.hint}${error.stack}`).not.toContain("s3cret");
  });

  it.each<[unknown, string, string]>([
    [{ redisUlr: "x" }, 'unknown key "redisUlr" in FILE:2', 'did you mean "redisUrl"?'],
    [
      { profiles: { a: { redis_url: "x" } } },
      'unknown key "profiles.a.redis_url" in FILE:19',
      'did you mean "redisUrl"?',
    ],
    [{ concurrency: 3 }, 'unknown key "concurrency" in FILE:2', "the keys are redisUrl, redisCa,"],
    [{ redisUrl: 6379 }, '"redisUrl" in FILE:13 must be text, not a number', MEND],
    [{ appsecret: ["s3cret"] }, '"appsecret" in FILE:14 must be text, not an array', MEND],
    [{ appid: null }, '"appid" in FILE:10 must be text, not null', MEND],
    [[], "FILE:1 must be an object, not an array", MEND],
    [{ profiles: [] }, '"profiles" in FILE:13 must be an object, not an array', MEND],
    [{ profiles: { a: 1 } }, '"profiles.a" in FILE:18 must be an object, not a number', MEND],
    [
      { redisUrl: "http://:s3cret@h" },
      '"redisUrl" in FILE:13: "http://:***@h" is not a Redis URL',
      "such as",
    ],
    [
      { profiles: { a: { tokenMode: "x" } } },
      '"profiles.a.tokenMode" in FILE:31: "x" is no token mode',
      "stable",
    ],
    [{ appsecret: "s3cret x" }, '"appsecret" in FILE:14 is empty or has white space in it', "the appsecret"],
    [{ appsecretFile: "" }, '"appsecretFile" in FILE:18 is empty', MEND],
    [{ appsecret: "s3cret", appsecretFile: "f" }, `"appsecretFile" in FILE:23 ${BESIDE}`, MEND],
    [
      { profiles: { a: { appsecret: "s3cret", appsecretFile: "f" } } },
      `"profiles.a.appsecretFile" in FILE:40 ${BESIDE}`,
      MEND,
    ],
  ])("%j says where", async (content, message, hint) => {
    write(here, content);
    const error = await failure();
    expect(error.kind).toBe("config");
    expect(error.message).toBe(message.replace(/FILE:(\d+)/, `"${here}" (line 1, column $1)`));
    expect(error.hint?.startsWith(hint)).toBe(true);
    expect(error.details).toEqual([]);
    expect(error.message).not.toContain("s3cret");
  });

  it("is placed right behind a byte order mark, and at the last of several keys of a name", async () => {
    write(here, '\ufeff{"appid": 1}');
    expect((await failure()).message).toContain("(line 1, column 11)");
    write(here, '{"appid": "a",\n"appid": 7}');
    expect((await failure()).message).toContain("(line 2, column 10)");
    write(here, '{"appid": 7,\n"appid": "a"}');
    expect((await load()).appid).toBe("a");
  });
});

describe("several faults", () => {
  const BAD = `{
  "redisUrl": "http://:s3cret@h",
  "profiles": {
    "prod": {
      "appid": 7,
      "appsecretFile": "f", "appsecret": "s3cret"
    }
  },
  "keyPrefx": "s3cret:"
}`;

  it("of a file are told at once, in its order, each with line and column", async () => {
    write(here, BAD);
    const error = await failure();
    expect(error).toMatchObject({ kind: "config", message: `4 faults in "${here}"`, hint: MEND });
    expect(error.details).toEqual([
      expect.stringContaining(
        `${here}:2:15: "redisUrl": "http://:***@h" is not a Redis URL; such as redis://`,
      ),
      `${here}:5:16: "profiles.prod.appid" must be text, not a number`,
      `${here}:6:7: "profiles.prod.appsecretFile" ${BESIDE}`,
      `${here}:9:3: unknown key "keyPrefx"; did you mean "keyPrefix"?`,
    ]);
    expect(JSON.stringify(error) + error.stack).not.toContain("s3cret");
  });

  it("of both files are told at once", async () => {
    write(here, '{"appid": "a",}');
    write(users, { redisUlr: "redis://h", tokenMode: [] });
    const error = await failure({}, home());
    expect(error.message).toBe(`3 faults in "${here}" and "${users}"`);
    expect(error.hint).toBe("mend the files and run again; the README shows one");
    expect(error.details).toEqual([
      expect.stringMatching(/config\.json:1:15: is not valid JSON; keys and text stand in double quotes/),
      `${users}:1:2: unknown key "redisUlr"; did you mean "redisUrl"?`,
      `${users}:1:37: "tokenMode" must be text, not an array`,
    ]);
  });

  it("of a file that is not asked for are none", async () => {
    write(here, BAD);
    write(join(cwd, "good.json"), { appid: "a" });
    expect((await load({ config: "good.json" }, home())).appid).toBe("a");
  });
});
