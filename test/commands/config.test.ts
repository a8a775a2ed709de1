import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { SETTING_KEYS } from "../../src/config/setting-keys.ts";
import { main } from "../../src/main.ts";
import { cwd, here, home, useFolder, users, write } from "../config/folder.ts";
import { runCli } from "../helpers/cli.ts";
import { fakeIo } from "../output/fake-io.ts";

useFolder();

const cli = (argv: string[], env: Record<string, string> = {}) =>
  runCli(argv, { cwd, env: { ...home(), ...env } });

async function screen(argv: string[], columns = 80) {
  const env = { ...home(), NO_COLOR: "1" };
  const io = fakeIo({
    terminals: ["stdin", "stdout", "stderr"],
    columns,
    env,
    cwd,
  });
  io.stdin.end();
  const code = await main(argv, io);
  return { code, stdout: io.stdout.text(), stderr: io.stderr.text() };
}

const SECRET = "hunter2hunter2";
const PROJECT = `{
  // the shop
  "redisUrl": "redis://shop:${SECRET}@redis:6379",
  "defaultProfile": "live",
  "profiles": {
    "live": { "production": true, "appid": "wxlive",
      "appsecretFile": "secret" }
  }
}`;

interface Shown {
  profile: Record<string, unknown> | null;
  files: string[];
  settings: { key: string; value: string | null; from: string; [name: string]: unknown }[];
}

describe("config show", () => {
  const show = async (argv: string[] = [], env: Record<string, string> = {}) => {
    const { code, stdout, stderr, json } = await cli(["config", "show", "--json", ...argv], env);
    expect(code, stderr).toBe(0);
    expect(stdout + stderr).not.toContain(SECRET);
    const document = json<Shown>();
    const of = (key: string) => document.settings.find((one) => one.key === key);
    return { ...document, of };
  };

  it("tells every setting with its value, and which flag, variable, line or default gives it", async () => {
    write(here, PROJECT);
    write(users, '{\n  "keyPrefix": "user:", "redisUrl": "redis://user"\n}');
    write(join(cwd, "secret"), SECRET);
    const env = { PUSH_CLI_API_BASE: "http://u.example/", PUSH_CLI_CALLBACK_TOKEN: "hunter2hunter2" };
    const { profile, files, settings, of } = await show(["--token-mode", "basic"], env);
    expect(settings.map(({ key }) => key)).toEqual(SETTING_KEYS);
    expect(profile).toMatchObject({ name: "live", production: true, source: "file", file: here, line: 4 });
    expect(files).toEqual([here, users]);
    expect(of("redisUrl")).toMatchObject({
      value: "redis://shop:***@redis:6379",
      source: "file",
      file: here,
      line: 3,
      column: 15,
    });
    expect(of("redisUrl")).not.toHaveProperty("profile");
    expect(of("appid")).toMatchObject({ value: "wxlive", file: here, line: 6, profile: "live" });
    expect(of("appsecret")).toMatchObject({
      value: "***",
      secret: true,
      file: here,
      line: 7,
      profile: "live",
    });
    expect(of("keyPrefix")).toMatchObject({ value: "user:", file: users, line: 2 });
    expect(of("apiBase")).toMatchObject({
      value: "http://u.example/",
      source: "env",
      from: "PUSH_CLI_API_BASE",
    });
    expect(of("callbackToken")).toMatchObject({ value: "***", from: "PUSH_CLI_CALLBACK_TOKEN" });
    expect(of("tokenMode")).toMatchObject({ value: "basic", source: "flag", from: "--token-mode" });
    expect(of("poolKeys")).toMatchObject({ value: "plain", source: "default", from: "default" });
    expect(of("poolPrefix")).toMatchObject({ value: "user:openid:", source: "default" });
    expect(of("consentCap")).toMatchObject({ value: null, source: "default", from: "not set" });
  });

  it("takes defaults from the channel, and the proxy from the environment of all programs", async () => {
    const { profile, of } = await show(["--channel", "qq-template"], {
      HTTPS_PROXY: `http://me:${SECRET}@proxy:3128`,
    });
    expect(profile).toBeNull();
    expect(of("apiBase")?.value).toBe("https://api.q.qq.com");
    expect(of("proxy")).toMatchObject({
      value: "http://me:***@proxy:3128/",
      from: "HTTPS_PROXY, HTTP_PROXY",
    });
  });

  it("has no default for the prefix of pools where their whole key is given", async () => {
    const { of } = await show(["--pool-key", "pool:{%}"]);
    expect(of("poolPrefix")).toMatchObject({ value: null });
    expect(of("poolKey")).toMatchObject({ value: "pool:{%}" });
  });

  it("is rows in a pipe, and a table with files as seen from here on a terminal", async () => {
    write(here, PROJECT);
    write(join(cwd, "secret"), SECRET);
    const { stdout } = await cli(["config", "show"]);
    expect(stdout).toContain(`profile\tlive (production)\t${here}:4:21\n`);
    expect(stdout).toContain(`appid\twxlive\t${here}:6:44 (live)\n`);
    expect(stdout).toContain("consentCap\t\tnot set\n");
    const shown = await screen(["config", "show"], 100);
    expect(shown.stdout).toMatch(/^appid +wxlive +push-cli\.config\.json:6 \(live\)$/m);
    expect(shown.stdout).toMatch(/^consentCap +- +not set$/m);
    const narrow = (await screen(["config", "show"])).stdout;
    expect(narrow.split("\n").filter((line) => line.length > 80)).toEqual([]);
  });

  it("shows values that can't be used, without their secrets", async () => {
    const { of } = await show([], {
      PUSH_CLI_REDIS_URL: `http://:${SECRET}@h`,
      PUSH_CLI_CHANNEL: "wechat-nothing",
    });
    expect(of("redisUrl")?.value).toBe("http://:***@h");
    expect(of("channel")?.value).toBe("wechat-nothing");
    expect(of("apiBase")?.value).toBeNull();
  });
});

describe("config check", () => {
  const check = async (argv: string[] = [], env: Record<string, string> = {}) => {
    const { code, stdout, stderr, json } = await cli(["config", "check", "--json", ...argv], env);
    expect(stdout + stderr).not.toContain(SECRET);
    const { ok, files, problems } = json<{
      ok: boolean;
      files: string[];
      problems: Record<string, unknown>[];
    }>();
    return { code, ok, files, problems };
  };

  it("tells all errors of both files, of variables and flags at once, and exits with 5", async () => {
    write(here, '{\n  "redisUlr": "x",\n  "appid": 7,\n  "appsecret": "hunter2hunter2 x"\n}');
    write(users, '{ "tokenMode": "fast",,}');
    const { code, ok, files, problems } = await check(["--key-prefix", "a}b"], {
      PUSH_CLI_REDISURL: SECRET,
      PUSH_CLI_CONSENT_CAP: "many",
    });
    expect({ code, ok, files }).toEqual({ code: 5, ok: false, files: [here, users] });
    const error = (rest: object) => ({ severity: "error", ...rest });
    const word = "such as mina:";
    expect(problems).toEqual([
      error({
        file: here,
        line: 2,
        column: 3,
        problem: 'unknown key "redisUlr"',
        fix: 'did you mean "redisUrl"?',
      }),
      error({
        file: here,
        line: 3,
        column: 12,
        problem: '"appid" must be text, not a number: 7',
        fix: 'write "7" in double quotes',
      }),
      expect.objectContaining({
        file: here,
        line: 4,
        problem: '"appsecret" is empty or contains spaces',
      }),
      expect.objectContaining({ file: users, line: 1, column: 23, problem: "is not valid JSON" }),
      error({ problem: '--key-prefix: "a}b" contains braces other than a single {tag}', fix: word }),
      expect.objectContaining({ problem: 'PUSH_CLI_CONSENT_CAP: "many" is not a number of consents' }),
      error({
        problem: "PUSH_CLI_REDISURL is not a variable of push-cli; did you mean PUSH_CLI_REDIS_URL?",
        fix: "rename it to PUSH_CLI_REDIS_URL",
      }),
    ]);
  });

  it("looks into every profile: files that it names, channels, what excludes each other", async () => {
    const profiles = {
      "a b": { appsecretFile: "none" },
      c: { channel: "wechat-templat" },
      d: { poolKey: "p:{%}", poolPrefix: "p:" },
      e: { redisUrl: "rediss://h", redisCa: "none.pem" },
      fine: {},
    };
    write(here, JSON.stringify({ profiles }, undefined, 1));
    const { code, problems } = await check();
    expect(code).toBe(5);
    expect(problems.map(({ file, line, problem }) => [file, line, problem])).toEqual([
      [here, 4, `"profiles.a b.appsecretFile": cannot read "${join(cwd, "none")}": no such file`],
      [here, 7, "\"profiles.c.channel\": unknown channel 'wechat-templat'"],
      [here, 10, `"profiles.d.poolKey" and "profiles.d.poolPrefix" can't be used together`],
      [here, 15, `"profiles.e.redisCa": cannot read "${join(cwd, "none.pem")}": no such file`],
    ]);
  });

  it("tells a wrong default profile, and a file that is not there", async () => {
    write(here, { defaultProfile: "lvie", profiles: { live: {} } });
    const [problem] = (await check()).problems;
    expect(problem).toMatchObject({
      file: here,
      line: 1,
      problem: '"defaultProfile": unknown profile "lvie"',
      fix: 'did you mean "live"? available profiles: live',
    });
    const missing = await check(["--config", "none.json"]);
    expect(missing).toMatchObject({ code: 5, files: [] });
    expect(missing.problems[0]?.problem).toContain("--config: cannot read");
  });

  it("warns without failing, and is content with what is right", async () => {
    write(here, PROJECT, 0o600);
    write(join(cwd, "secret"), SECRET);
    expect(await check()).toMatchObject({ code: 0, ok: true, problems: [] });
    for (const open of [{ appsecret: SECRET }, { redisUrl: "redis://:hunter2@h" }]) {
      write(here, open, 0o644);
      expect((await check()).problems).toHaveLength(1);
    }
    write(here, { appsecret: SECRET }, 0o644);
    const { code, ok, problems } = await check();
    expect({ code, ok }).toEqual({ code: 0, ok: true });
    expect(problems).toEqual([
      { severity: "warning", problem: expect.stringMatching(/contains a secret and is readable by others/) },
    ]);
  });

  it("writes on a terminal what editors find their way by", async () => {
    write(here, '{\n  "appid": 7\n}');
    const { code, stdout, stderr } = await screen(["config", "check"]);
    expect(code).toBe(5);
    expect(stdout).toBe(
      'push-cli.config.json:2:12: error: "appid" must be text, not a number: 7\n  fix: write "7" in double quotes\n',
    );
    expect(stderr).toBe(`1 error, 0 warnings; read: ${here}\n`);
  });
});

describe("config path", () => {
  const paths = async (argv: string[] = [], env: Record<string, string> = {}) =>
    (await cli(["config", "path", "--json", ...argv], env)).json<{ files: object[] }>().files;

  it("tells where files are looked for, and whether they are there", async () => {
    write(users, "not even JSON");
    expect(await paths()).toEqual([
      { file: here, kind: "project", found: false, problem: "not found" },
      { file: users, kind: "user", found: true },
    ]);
  });

  it("tells the only file when one is named", async () => {
    write(join(cwd, "own.json"), "{}");
    expect(await paths(["--config", "own.json"])).toEqual([
      { file: join(cwd, "own.json"), kind: "--config", found: true },
    ]);
    expect(await paths([], { PUSH_CLI_CONFIG: cwd })).toEqual([
      { file: cwd, kind: "PUSH_CLI_CONFIG", found: false, problem: "is a directory" },
    ]);
  });
});
