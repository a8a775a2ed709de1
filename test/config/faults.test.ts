import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cwd, failure, here, home, load, useFolder, users, write } from "./folder.ts";

useFolder();

const MEND = "fix the file and run again; to see all problems: push-cli config check";
const BESIDE = "conflicts with appsecret; keep only one of them";

describe("one fault of a file", () => {
  it.each([
    ["nothing", "", "line 1, column 1"],
    ["no JSON", '{"appsecret": s3cret}', "line 1, column 15"],
    ["half a list", "[1", "line 1, column 3"],
    ["two commas", '{\n  "appsecret": "s3cret",,\n}', "line 2, column 25"],
    ["a comment without an end", '{\r\n  "appid": "a" /* s3cret }', "line 2, column 16"],
    ["nothing but a comment", "// s3cret", "line 1, column 10"],
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
    expect(error.hint).toMatch(/^keys and strings need double quotes/);
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
    [{ concurrency: 3 }, 'unknown key "concurrency" in FILE:2', "valid keys: redisUrl, redisCa,"],
    [
      { redisUrl: 6379 },
      '"redisUrl" in FILE:13 must be text, not a number: 6379',
      'write "6379" in double quotes',
    ],
    [
      { consentCap: true },
      '"consentCap" in FILE:15 must be a number, not a boolean: true',
      "give the maximum number of consents",
    ],
    [
      { consentCap: 0 },
      '"consentCap" in FILE:15: "0" is not a number of consents',
      "give the maximum number of consents",
    ],
    [{ appsecret: 573 }, '"appsecret" in FILE:14 must be text, not a number', MEND],
    [{ $schema: 7 }, '"$schema" in FILE:12 must be text, not a number', MEND],
    [{ defaultProfile: "" }, '"defaultProfile" in FILE:19 is empty', MEND],
    [
      { profiles: { a: { production: "yes" } } },
      '"profiles.a.production" in FILE:32 must be true or false, not a string',
      MEND,
    ],
    [{ production: true }, 'unknown key "production" in FILE:2', "valid keys: redisUrl, redisCa,"],
    [
      { profiles: { a: { defaultProfile: "a" } } },
      'unknown key "profiles.a.defaultProfile" in FILE:19',
      "valid keys: ",
    ],
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
      '"profiles.a.tokenMode" in FILE:31: "x" is not a token mode',
      "use stable ",
    ],
    [{ appsecret: "s3cret x" }, '"appsecret" in FILE:14 is empty or contains spaces', "the appsecret"],
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
    expect(error).toMatchObject({ kind: "config", message: `4 errors in "${here}"`, hint: MEND });
    expect(error.details).toEqual([
      expect.stringContaining(
        `${here}:2:15: "redisUrl": "http://:***@h" is not a Redis URL; such as redis://`,
      ),
      `${here}:5:16: "profiles.prod.appid" must be text, not a number: 7; write "7" in double quotes`,
      `${here}:6:7: "profiles.prod.appsecretFile" ${BESIDE}`,
      `${here}:9:3: unknown key "keyPrefx"; did you mean "keyPrefix"?`,
    ]);
    expect(JSON.stringify(error) + error.stack).not.toContain("s3cret");
  });

  it("of both files are told at once", async () => {
    write(here, '{"appid": "a",,}');
    write(users, { redisUlr: "redis://h", tokenMode: [] });
    const error = await failure({}, home());
    expect(error.message).toBe(`3 errors in "${here}" and "${users}"`);
    expect(error.hint).toBe("fix the files and run again; to see all problems: push-cli config check");
    expect(error.details).toEqual([
      expect.stringMatching(/config\.json:1:15: is not valid JSON; keys and strings need double quotes/),
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

describe("comments, and a comma behind the last entry,", () => {
  it("are allowed everywhere", async () => {
    write(
      here,
      `// who we are
{
  "$schema": "./schema.json",
  /* of the console: "appid": "no" */ "appid": "a", // https://mp.weixin.qq.com
  "profiles": {
    // none yet
    "b": { "appid": "b", "consentCap": 20, },
  },
}
`,
    );
    expect((await load()).appid).toBe("a");
    expect(await load({ profile: "b" })).toMatchObject({ appid: "b", consentCap: 20 });
  });

  it("leave faults in their places", async () => {
    write(here, '// one\n{\n  // two\n  "appid": "a b",\n}');
    expect((await failure()).message).toBe(
      `"appid" in "${here}" (line 4, column 12): "a b" is empty or contains spaces`,
    );
  });
});
