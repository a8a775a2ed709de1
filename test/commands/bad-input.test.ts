import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { plainEntry } from "../helpers/redis.ts";
import { expectRefusal, type Refusal } from "./refusal.ts";
import { HOUR_MS, useWorld } from "./world.ts";

const world = useWorld();
const SECRET = "secret-in-a-file-2342";
const folder = mkdtempSync(join(tmpdir(), "push-cli-bad-input-"));
afterAll(() => rmSync(folder, { recursive: true }));

beforeEach(async () => {
  await world.redis.push("oA", plainEntry("a", Date.now() + HOUR_MS));
});

async function refuses(argv: string[], kind: Refusal["kind"], message: RegExp, hint?: RegExp) {
  const before = await world.redis.pools();
  await expectRefusal(
    world.cli,
    argv,
    { kind, message, ...(hint && { hint }) },
    { cwd: folder, secrets: [SECRET] },
  );
  expect(await world.redis.pools()).toEqual(before);
  expect(world.sandbox.stats().requests).toBe(0);
}

const SAY = ["broadcast", "order-shipped", "--yes"];
const SEND = [...SAY, "--no-keywords"];
const usage = (argv: string[], message: RegExp, hint?: RegExp) => ({ argv, message, hint });

describe("a command line that can't be understood", () => {
  it.each([
    usage(["pol"], /^unknown command 'pol'$/, /^did you mean pool\?$/),
    usage(["pool", "lst"], /^unknown command 'lst'$/, /^did you mean list\?$/),
    // What other tools call it, and what is a command of its own.
    usage(["pool", "get"], /^unknown command 'get'$/, /^did you mean push-cli pool show\?$/),
    usage(["pool", "delete"], /^unknown command 'delete'$/, /^did you mean push-cli pool remove\?$/),
    usage(["token", "renew"], /^unknown command 'renew'$/, /^did you mean push-cli token refresh\?$/),
    usage(["pool", "purge"], /^unknown command 'purge'$/, /^did you mean push-cli purge\?$/),
    usage(["xyzzy"], /^unknown command 'xyzzy'$/, /^see push-cli --help/),
    usage(["broadcast", "lst"], /'lst' looks like a mistyped 'list'/, /push-cli broadcast list/),
    usage(["broadcast", "resum"], /'resum' looks like a mistyped 'resume'/, /push-cli broadcast resume/),
    usage(
      ["broadcast", "rsume", "b1"],
      /'rsume' looks like a mistyped 'resume'/,
      /push-cli broadcast resume\?/,
    ),
    usage(["broadcast", "--rate", "9/s", "show", "b1"], /'b1'$/, /^did you mean push-cli broadcast show\?$/),
    usage(
      ["broadcast", "shw", "b1", "--exact"],
      /a mistyped 'show'/,
      /^did you mean push-cli broadcast show\?/,
    ),
    usage(["broadcast", "order-shipped", "b1"], /'b1'$/, /^usage: push-cli broadcast <templateId>/),
    usage(["help", "pol"], /no help for 'pol'/, /^did you mean pool\?$/),
    usage(["help", "pool", "xyzzy"], /no help for 'pool xyzzy'/),
    usage(["purge", "--dry-rum"], /^unknown option '--dry-rum'$/, /^did you mean --dry-run\?$/),
    usage(["purge", "--xyzzy"], /^unknown option '--xyzzy'$/, /^see push-cli purge --help/),
    ...[
      ["pool", "--limit", "2", "list"],
      ["--limit=2", "pool", "list"],
    ].map((argv) =>
      usage(argv, /^unknown option '--limit/, /^options go after .*: push-cli pool list --limit$/),
    ),
    usage(["--to", "o1", "broadcast", "t"], /^unknown option '--to'$/, /: push-cli broadcast --to$/),
    usage(["pool", "--xyzzy", "list"], /^unknown option '--xyzzy'$/, /^see push-cli pool --help$/),
    usage(["--jsn", "pool", "list"], /^unknown option '--jsn'$/, /^did you mean --json\?$/),
    usage(
      ["pool", "show"],
      /missing required argument 'openId'/,
      /^usage: push-cli pool show .*<openId\.\.\.>$/,
    ),
    usage(["broadcast", "show", "a", "b"], /^unexpected argument 'b'$/, /^usage: push-cli broadcast show/),
    usage(["broadcast"], /missing required argument 'templateId'/, /^usage: push-cli broadcast <templateId>/),
    usage(["broadcast", "show"], /missing required argument 'id'/),
    usage(["pool", "list", "--sort", "name"], /'name' is invalid. Allowed choices are scan, valid, expiry/),
  ])("$argv", ({ argv, message, hint }) => refuses(argv, "usage", message, hint));
});

describe("a value that can't be used", () => {
  const NUMBERS = ["-1", "1.5", "1e3", "x", "", "0x10", "99999999999999999999", "１２"];
  it.each([
    ["--limit", [...SEND], ["0"]],
    ["--concurrency", [...SEND], ["0", "1025"]],
    ["--emphasis", [...SAY, "--keywords", "a"], ["0", "100"]],
    ["--limit", ["pool", "list"], ["0"]],
    ["--min-valid", ["pool", "list"], []],
    ["--limit", ["broadcast", "list"], ["0"]],
    ["--port", ["sandbox"], ["65536"]],
    ["--latency", ["sandbox"], ["60001"]],
    ["--seed", ["sandbox"], ["4294967296"]],
  ])("%s of %j takes no such number", async (flag, argv, more) => {
    for (const text of [...NUMBERS, ...more]) {
      const message = new RegExp(`^${flag}: "${text}" is (not a whole number|out of range)$`);
      await refuses([...argv, flag, text], "usage", message, /whole number/);
    }
  });

  it.each([
    ["--rate", SEND, ["0", "-1", "fast", "10/d", "1/s/s", ""], /such as 100\/s/],
    ["--timeout", SEND, ["0", "1ms", "1 s", "11m", "30d", "soon", ""], /250ms|100ms/],
    ["--max-duration", ["purge"], ["0", "-5s", "soon", ""], /such as/],
    ["--max-errors", SEND, ["-1", "101%", "half", "5.5", ""], /--max-errors 5%/],
    ["--callback", ["sandbox"], ["localhost:80", "ftp://127.0.0.1/", ""], /http or https/],
    ["--callback-delay", ["sandbox"], ["soon", "-1", "2h"], /such as|at most 1h/],
    ["--fault", ["sandbox"], ["busy", "busy:101", "busy:x", "nope:5", "errcode-0:5"], /busy|kinds|0 to 100/],
  ])("%s", async (flag, argv, texts, hint) => {
    for (const text of texts)
      await refuses([...argv, flag, text], "usage", new RegExp(text.split(":")[0] ?? ""), hint);
  });

  it.each([
    usage(["broadcast", "bad template", "--yes"], /'bad template' is not a template id/),
    usage(["broadcast", "模板", "--yes"], /'模板' is not a template id/),
    usage([...SEND, "--page", "/pages/index"], /'\/pages\/index' is not a page path/),
    usage([...SEND, "--page", "https://x.example"], /'https:\/\/x.example' is not a page path/),
    usage([...SEND, "--page", ""], /'' is not a page path/),
    usage([...SAY, "--emphasis", "2", "--keywords", "a"], /--emphasis 2 names a keyword that is not there/),
    usage([...SEND, "--emphasis", "1"], /--emphasis 1/, /--keywords/),
    usage([...SAY, "--keywords", '"a'], /--keywords "a: unbalanced quotes/),
    usage([...SAY, "--keywords", "a\nb"], /--keywords has more than one line/),
    usage([...SEND, "--id", "a b"], /'a b' can't be a broadcast id/),
    usage([...SEND, "--id", "-x"], /'-x' can't be a broadcast id/),
    usage([...SEND, "--id", "x".repeat(65)], /can't be a broadcast id/),
    usage([...SEND, "--to", "a b"], /--to 'a b' is not an openId/),
    usage([...SEND, "--to", "o{A}"], /--to 'o\{A\}' is not an openId/),
    usage([...SEND, "--to", "oA", "--to-file", "x"], /--to and --to-file can't be used together/),
    usage(["sandbox", "--callback-key", "k"], /--callback-key without --callback/),
    usage(["sandbox", "--callback", "http://127.0.0.1/", "--callback-key", "k"], /not an EncodingAESKey/),
    usage(["sandbox", "--callback-format", "text"], /'text' is invalid. Allowed choices are json, xml/),
    usage(["pool", "show", "a b"], /'a b' is not an openId/),
    usage(["pool", "show", ""], /'' is not an openId/),
    usage(["pool", "show", "a,"], /'' is not an openId/),
    usage(["pool", "show", "a", "{b}"], /'\{b\}' is not an openId/),
    usage(
      ["--redis-url", "http://127.0.0.1", "pool", "list"],
      /--redis-url: "http:\/\/127.0.0.1" is not a Redis URL/,
    ),
    usage(["--redis-url", "", "pool", "list"], /--redis-url: "" is not a Redis URL/),
    usage(["--api-base", "api.weixin.qq.com", "token", "refresh"], /--api-base: "api.weixin.qq.com" is not/),
    usage(
      ["--token-mode", "fast", "token", "refresh"],
      /--token-mode: "fast" is not a token mode/,
      /stable .* or basic/,
    ),
    usage(["--key-prefix", "a b", "pool", "list"], /--key-prefix: "a b" is empty or contains spaces/),
    usage(["--pool-prefix", "a{", "pool", "list"], /--pool-prefix: "a\{" contains braces/),
    usage(["--profile", "staging", "pool", "list"], /--profile: unknown profile "staging"/),
  ])("$argv", ({ argv, message, hint }) => refuses(argv, "usage", message, hint));
});

it("does not take the next option for an openId", async () => {
  const argv = ["broadcast", "order-shipped", "--to", "--yes"];
  const { code, stderr } = await world.screen(argv, { interactive: true });
  expect(code).toBe(2);
  expect(stderr).toMatch(/^error: --to requires a value, but the next word is the option --yes\n/);
});

describe("a file that can't be used", () => {
  it.each([
    ["that is not there", "nope.csv", /cannot read ".*nope.csv": no such file/],
    ["that is a directory", ".", /cannot read ".*": is a directory/],
  ])("%s, to read from", async (_, file, message) => {
    await refuses(["pool", "import", file], "usage", message);
    await refuses([...SEND, "--to-file", file], "usage", message);
    await refuses(["--config", file, "pool", "list"], "usage", message);
  });

  it.each([
    ["in a folder that is not there", "nope/report.ndjson", /its folder does not exist/],
    ["that is a directory", ".", /is a directory/],
  ])("%s, to report to", (_, file, message) =>
    refuses([...SEND, "--report", join(folder, file)], "usage", message),
  );

  it("that is no report, to report to", async () => {
    const path = join(folder, "letter.txt");
    writeFileSync(path, "Dear Sir or Madam");
    await refuses([...SEND, "--report", path], "usage", /cannot add to ".*letter.txt"/);
  });

  // Root may read and write everything.
  it.skipIf(process.getuid?.() === 0)("without permission", async () => {
    const path = join(folder, "locked.csv");
    writeFileSync(path, "");
    chmodSync(path, 0);
    await refuses(["pool", "import", path], "usage", /permission denied/);
  });

  it.each([
    ["a bad openId in the middle", "oA\nhas space\noB\n", /line 2: 'has space' is not an openId/],
    ["half a quote", 'oA\n"oB\n', /line 2: not CSV/],
    ["broken NDJSON", '{"openId":"oA"}\n{oops\n', /line 2: not JSON/],
    ["an object without an openId", '{"openId":"oA"}\n{"formId":"x"}\n', /line 2: no openId/],
  ])("an audience with %s", async (_, text, message) => {
    writeFileSync(join(folder, "audience"), text);
    await refuses([...SEND, "--to-file", "audience"], "usage", message, /nothing was sent/);
  });

  it("an audience without anybody in it", async () => {
    writeFileSync(join(folder, "audience"), "openId\n");
    await refuses([...SEND, "--to-file", "audience"], "nothing", /no openId in audience/);
  });
});

describe("a configuration that can't be used", () => {
  it.each([
    [
      "that is not JSON",
      `{"appsecret": "${SECRET}",,}`,
      /push-cli.config.json" \(line 1, column 39\) is not valid JSON/,
    ],
    ["that is a list", "[]", /must be an object, not an array/],
    [
      "with a number for text",
      '{"appid": 7}',
      /"appid" in ".*" \(line 1, column \d+\) must be text, not a number/,
    ],
    [
      "with a key nobody knows",
      `{"appsecrt": "${SECRET}"}`,
      /unknown key "appsecrt"/,
      /did you mean "appsecret"\?/,
    ],
    [
      "with a bad URL",
      '{"redisUrl": "mysql://x"}',
      /"redisUrl" in ".*" \(line 1, column \d+\): "mysql:\/\/x" is not a Redis URL/,
    ],
    [
      "with a bad profile",
      `{"profiles": {"a": {"appsecret": 7}}}`,
      /"profiles.a.appsecret" in ".*" \(line 1, column \d+\) must be text/,
    ],
    [
      "with two secrets",
      `{"appsecret": "${SECRET}", "appsecretFile": "x"}`,
      /"appsecretFile" in ".*" \(line 1, column \d+\) conflicts with/,
    ],
    [
      "with a secret file that is not there",
      '{"appsecretFile": "nope"}',
      /cannot read ".*nope": no such file/,
    ],
  ])("a file %s", async (_, text, message, hint?: RegExp) => {
    const own = join(folder, "config");
    mkdirSync(own, { recursive: true });
    writeFileSync(join(own, "push-cli.config.json"), text, { mode: 0o600 });
    const env = { PUSH_CLI_APPSECRET: "" };
    const options = { cwd: own, env, secrets: [SECRET] };
    await expectRefusal(
      world.cli,
      ["pool", "list"],
      { kind: "config", message, ...(hint && { hint }) },
      options,
    );
  });

  it.each([
    ["PUSH_CLI_REDIS_URL", "http://x", /PUSH_CLI_REDIS_URL: "http:\/\/x" is not a Redis URL/],
    ["PUSH_CLI_API_BASE", "ftp://x", /PUSH_CLI_API_BASE: "ftp:\/\/x" is not/],
    ["PUSH_CLI_APPID", "a b", /PUSH_CLI_APPID: "a b"/],
    ["PUSH_CLI_APPSECRET", `${SECRET} x`, /PUSH_CLI_APPSECRET is empty or contains spaces/],
    ["PUSH_CLI_TOKEN_MODE", "fast", /PUSH_CLI_TOKEN_MODE: "fast" is not a token mode/],
    ["PUSH_CLI_PROFILE", "nope", /PUSH_CLI_PROFILE: unknown profile "nope"/],
    ["PUSH_CLI_CONFIG", "/nope.json", /PUSH_CLI_CONFIG: cannot read "\/nope.json"/],
    ["PUSH_CLI_APPSECRET_FILE", "/nope", /both set/],
    ["PUSH_CLI_KEY_PREFIX", "a}b", /PUSH_CLI_KEY_PREFIX: "a\}b" contains braces/],
  ])("the variable %s", (name, value, message) =>
    expectRefusal(
      world.cli,
      ["pool", "list"],
      { kind: "config", message },
      { env: { [name]: value }, secrets: [SECRET] },
    ),
  );

  it.each([
    ["PUSH_CLI_APPID", /^no appid given$/],
    ["PUSH_CLI_APPSECRET", /^no appsecret given$/],
  ])("without %s", async (name, message) => {
    const refusal = { kind: "credentials", message, hint: new RegExp(name) } as const;
    await expectRefusal(world.cli, SEND, refusal, { env: { [name]: "" } });
    await expectRefusal(world.cli, ["token", "refresh"], refusal, { env: { [name]: "" } });
  });

  it("tells all faults at once, as lines and in the JSON document", async () => {
    const path = join(folder, "faults.json");
    writeFileSync(path, `{\n  "appid": 7,\n  "redisUlr": "${SECRET}",\n  "appsecret": "${SECRET} x"\n}`);
    const argv = ["--config", path, "pool", "list"];
    const details = [
      `${path}:2:12: "appid" must be text, not a number: 7; write "7" in double quotes`,
      `${path}:3:3: unknown key "redisUlr"; did you mean "redisUrl"?`,
      `${path}:4:16: "appsecret" is empty or contains spaces; the appsecret is a single word without spaces`,
    ];
    const message = `3 errors in "${path}"`;
    const hint = "fix the file and run again; to see all problems: push-cli config check";
    expect(await world.cli(argv)).toMatchObject({
      code: 5,
      stdout: "",
      stderr: `error: ${message}\n${details.map((line) => `  ${line}\n`).join("")}hint: ${hint}\n`,
    });
    const { code, stdout, stderr } = await world.cli([...argv, "--json"]);
    expect({ code, stdout }).toEqual({ code: 5, stdout: "" });
    expect(JSON.parse(stderr)).toEqual({ error: { code: "config", message, details, hint } });
  });

  it("asks for an appid also to show a token", () =>
    expectRefusal(
      world.cli,
      ["token", "show"],
      { kind: "credentials", message: /no appid/, hint: /configuration file \(none found at "\/nonexistent/ },
      { env: { PUSH_CLI_APPID: "" } },
    ));
});

it("a misspelt variable is warned of before the command does its work", async () => {
  const misspelt = { PUSH_CLI_REDISURL: `redis://:${SECRET}@h` };
  expect(await world.cli(["pool", "show", "oA", "--json"], { env: misspelt })).toMatchObject({
    code: 0,
    stderr: "warning: PUSH_CLI_REDISURL is not a variable of push-cli; did you mean PUSH_CLI_REDIS_URL?\n",
  });
});

describe("nothing to do", () => {
  it.each([
    [["pool", "show", "nobody"], /no pool 'mina:openid:nobody'/],
    [["pool", "show", "nobody", "nothing,none"], /no pool 'mina:openid:nobody' and 2 more/],
    [["pool", "show", "-"], /no openId in stdin/],
    [["pool", "list", "--pool-prefix", "other:"], /no pool found under 'other:\*'/],
    [[...SEND, "--pool-prefix", "other:"], /no pool found under 'other:\*'/],
    [["broadcast", "show", "nope"], /there is no broadcast 'nope'/],
    [["broadcast", "resume", "nope"], /there is no broadcast 'nope'/],
    [["token", "show"], /no token of wx-sandbox is stored/],
  ])("%j", (argv, message) => refuses(argv, "nothing", message));

  it("a broadcast of that id is there already", async () => {
    expect((await world.cli([...SEND, "--id", "b1"])).code).toBe(0);
    await world.redis.push("oA", plainEntry("b", Date.now() + HOUR_MS));
    await expectRefusal(world.cli, [...SEND, "--id", "b1"], {
      kind: "locked",
      message: /broadcast 'b1' already exists: started .*, finished, 1 sent/,
    });
    await expectRefusal(world.cli, ["broadcast", "resume", "b1"], {
      kind: "nothing",
      message: /broadcast 'b1' is finished/,
    });
  });
});

it("shows a stack trace to who asks for one, and to nobody else", async () => {
  const { stderr } = await world.cli(["pool", "show", "a b", "--debug"]);
  expect(stderr).toMatch(/^error: .*\nhint: .*\nPushCliError: [\s\S]*\n {4}at /m);
});
