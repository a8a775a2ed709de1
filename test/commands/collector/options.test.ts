import { describe, expect, it } from "vitest";
import { isPrivate, parseListen } from "../../../src/commands/collector/listen.ts";
import { parseBase } from "../../../src/commands/collector/probe-url.ts";
import { runCli } from "../../helpers/cli.ts";
import { expectRefusal } from "../refusal.ts";
import { SECRET } from "./running.ts";

const KEY = "k".repeat(43);

/** Nothing leads anywhere: what is refused here is refused before anything is opened. */
const refuses = (
  argv: string[],
  kind: "usage" | "config" | "credentials",
  message: RegExp,
  hint = /\S/,
  env: Record<string, string> = { PUSH_CLI_COLLECTOR_SECRET: SECRET },
) =>
  expectRefusal(
    runCli,
    ["collector", ...argv],
    { kind, message, hint },
    { env: { PUSH_CLI_REDIS_URL: "redis://127.0.0.1:1", ...env }, secrets: [SECRET, KEY, "hunter2"] },
  );

describe("an address to listen at", () => {
  it.each([
    ["127.0.0.1:8787", { host: "127.0.0.1", port: 8787 }, true],
    ["localhost:0", { host: "localhost", port: 0 }, true],
    ["[::1]:80", { host: "::1", port: 80 }, true],
    ["127.9.9.9:1", { host: "127.9.9.9", port: 1 }, true],
    ["unix:/run/a.sock", { socketPath: "/run/a.sock" }, true],
    ["unix:///run/a.sock", { socketPath: "/run/a.sock" }, true],
    ["0.0.0.0:65535", { host: "0.0.0.0", port: 65_535 }, false],
    ["[::]:8787", { host: "::", port: 8787 }, false],
    ["localhost.example.com:80", { host: "localhost.example.com", port: 80 }, false],
  ])("is %s", (text, expected, isOurs) => {
    expect(parseListen(text)).toEqual(expected);
    expect(isPrivate(parseListen(text))).toBe(isOurs);
  });

  it.each([
    "8787",
    ":8787",
    "127.0.0.1",
    "127.0.0.1:",
    "127.0.0.1:65536",
    "127.0.0:80",
    "::1:80",
    "[127.0.0.1]:80",
    "unix:a.sock",
    "unix:/",
    "unix:/run/",
    "a b:80",
    "http://127.0.0.1:80",
    "",
  ])("is not '%s'", (text) =>
    refuses([`--listen=${text}`], "usage", /^--listen: ".*" is not a valid listen address$/, /unix:\/run/),
  );
});

describe("an option", () => {
  const PUBLIC = ["--listen", "0.0.0.0:8787"];
  const TRUST = ["--trust-openid-header", "X-WX-OPENID"];
  it.each([
    [[...PUBLIC, ...TRUST], /^--trust-openid-header: any client that reaches/, /--behind-gateway/],
    [[...PUBLIC, "--cloud-hosting"], /^--cloud-hosting: any client that reaches/, /--behind-gateway/],
    [["--trust-openid-header", "X WX"], /"X WX" is not a header name/, /X-WX-OPENID/],
    [["--forward", "localhost:3000"], /^--forward: must be an http or https URL/, /such as http/],
    [["--forward", "http://u:hunter2@h/"], /^--forward: must be an http or https URL/, /such as http/],
    [["--codes-per-user", "0"], /--codes-per-user: "0" is out of range/, /1 to 1000/],
    [["--requests-per-minute", "100001"], /"100001" is out of range/, /1 to 100000/],
    [["--long-term", "a,b c"], /^--long-term: "b c" is not a template id/, /commas/],
    [["--long-term", "a,"], /^--long-term: "" is not a template id/, /commas/],
    [["--session-life", "32d"], /"32d" is out of range/, /31d/],
    [["--session-life", "59s"], /"59s" is out of range/, /31d/],
    [["--consents", "all"], /'all' is invalid. Allowed choices are both, events, reports/, /\S/],
    [["--port", "80"], /unknown option '--port'/, /\S/],
  ])("%j is refused", (argv, message, hint) => refuses(argv, "usage", message, hint));

  it("--forward is of no use without a callback", () =>
    refuses(
      ["--forward", "http://127.0.0.1:1/"],
      "config",
      /^--forward: no callback is configured/,
      /PUSH_CLI_CALLBACK_TOKEN/,
    ));
});

describe("settings", () => {
  it("without anything to do list what is missing", async () => {
    const { code, stdout, stderr } = await runCli(["collector"]);
    expect({ code, stdout }).toEqual({ code: 5, stdout: "" });
    expect(stderr.split("\n")).toEqual([
      expect.stringMatching(/^error: the collector has no secret, /),
      expect.stringMatching(/^ {2}PUSH_CLI_COLLECTOR_SECRET for .*openssl rand -base64 48$/),
      expect.stringMatching(/^ {2}PUSH_CLI_CALLBACK_TOKEN for /),
      expect.stringMatching(/^ {2}--trust-openid-header for /),
      expect.stringMatching(/^hint: .*push-cli collector check/),
      "",
    ]);
  });

  it.each([
    [{ PUSH_CLI_COLLECTOR_SECRET: "hunter2" }, /has 7 bytes; at least 32 are required$/, /openssl rand/],
    [{ PUSH_CLI_COLLECTOR_SECRET_FILE: "/none" }, /_FILE: cannot read "\/none"/, /collectorSecret/],
    [{ PUSH_CLI_CALLBACK_TOKEN: "hunter2-" }, /TOKEN is not 3 to 32 letters and digits$/, /console/],
    [
      { PUSH_CLI_COLLECTOR_SECRET: SECRET, PUSH_CLI_CALLBACK_AES_KEY: KEY },
      /AES_KEY is set without PUSH_CLI_CALLBACK_TOKEN$/,
      /Token/,
    ],
    [
      { PUSH_CLI_CALLBACK_TOKEN: "token1", PUSH_CLI_CALLBACK_AES_KEY_PREVIOUS: KEY },
      /PREVIOUS is set without PUSH_CLI_CALLBACK_AES_KEY$/,
      /EncodingAESKey/,
    ],
  ] as [Record<string, string>, RegExp, RegExp][])("%o are refused", (env, message, hint) =>
    refuses([], "config", message, hint, env),
  );

  it("with a callback and no appid are refused", () =>
    refuses([], "credentials", /no appid given/, /PUSH_CLI_APPID/, { PUSH_CLI_CALLBACK_TOKEN: "token1" }));

  it("of several wrong secrets tell all", async () => {
    const env = { PUSH_CLI_COLLECTOR_SECRET: "hunter2", PUSH_CLI_CALLBACK_TOKEN: "hunter 2" };
    const { code, stderr } = await runCli(["collector"], { env });
    expect(code).toBe(5);
    expect(stderr.split("\n").slice(0, 3)).toEqual([
      "error: 2 secrets of the collector are invalid",
      expect.stringMatching(/^ {2}PUSH_CLI_COLLECTOR_SECRET has 7 bytes/),
      expect.stringMatching(/^ {2}PUSH_CLI_CALLBACK_TOKEN is not/),
    ]);
    expect(stderr).not.toMatch(/hunter/);
  });
});

describe("the URL of a running collector", () => {
  it.each([
    ["https://c.example.com", "https://c.example.com"],
    ["https://c.example.com/", "https://c.example.com"],
    ["https://c.example.com/callback", "https://c.example.com"],
    ["https://c.example.com:8443/a/callback/", "https://c.example.com:8443/a"],
    ["http://[::1]:80/a/", "http://[::1]/a"],
  ])("%s is that of %s", (text, base) => expect(parseBase(text)).toBe(base));

  it.each(["c.example.com", "ftp://c", "http://c?a=b", "http://u:hunter2@c", "http://c#a"])(
    "is not %s",
    (text) => refuses(["check", "--url", text], "usage", /^--url: must be an http or https URL/),
  );
});
