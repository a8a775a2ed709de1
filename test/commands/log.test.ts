import { chmod, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { useWorld } from "./world.ts";

const world = useWorld();
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "push-cli-log-"));
});
afterEach(() => rm(folder, { recursive: true }));

const TEMPLATE = "yiMOZZ8xbmJe0Us6IgdYo0fJHqIHCPFXjzHJbNbeK0a";
const SEND = ["broadcast", TEMPLATE, "--keywords", "a", "--any-template", "--yes"];

interface Line {
  at: string;
  level: string;
  event: string;
  message: string;
  [field: string]: unknown;
}

async function give(...openIds: string[]) {
  for (const openId of openIds) {
    const entry = JSON.stringify({ formId: `form-${openId}`, expire: Date.now() + 3_600_000 });
    await world.redis.client.rpush(`mina:openid:${openId}`, entry);
  }
}

async function logOf(argv: string[], ...more: string[]): Promise<Line[]> {
  const file = path.join(folder, "log");
  await world.cli([...argv, "--log-file", file, ...more]);
  const text = await readFile(file, "utf8");
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
}

describe("--verbose", () => {
  it("says in words what was decided", async () => {
    await give("o1", "o2");
    const { stderr, code } = await world.cli([...SEND, "--verbose"]);
    expect(code).toBe(0);
    const says = (pattern: RegExp) => expect(stderr).toMatch(pattern);
    says(/^\d\d:\d\d:\d\d\.\d\d\d command: push-cli \S+: broadcast /m);
    says(
      / settings: no configuration file, no profile, channel wechat-template, API http:\S+, Redis redis:\S+, appid wx-sandbox$/m,
    );
    says(/ redis: connected to redis:\S+: one server, version \d/m);
    says(/ token: a new one from the API, kept in Redis, valid for \d+ s$/m);
    says(/ run: broadcast \S+, run \S+: the first; users from the pools$/m);
    says(/ sweep: sweep 1 begins$/m);
    says(/ sweep: sweep 1 is complete$/m);
    says(/ end: exit code 0 \(done\)$/m);
    expect(stderr).not.toMatch(/ (redis|http): [A-Z]+ /);
  });

  it("tells of the token that was there already, and of the file and profile", async () => {
    await world.cli(["token", "refresh"]);
    const config = path.join(folder, "push-cli.config.json");
    await writeFile(config, JSON.stringify({ profiles: { shop: {} } }), { mode: 0o600 });
    const { stderr } = await world.cli([
      "token",
      "refresh",
      "--verbose",
      "--config",
      config,
      "--profile",
      "shop",
    ]);
    expect(stderr).toMatch(/ token: taken from Redis, valid for /);
    expect(stderr).toContain(` settings: read "${config}", profile shop, `);
  });

  it("tells of retries, of an API that is down and of its return", async () => {
    await give(...Array.from({ length: 30 }, (_, i) => `o${i}`));
    world.sandbox.setOutage({ after: { sends: 10 }, forMs: 1000, kind: "502", tokenOnly: false });
    const { stderr, code } = await world.cli([...SEND, "--verbose", "--concurrency", "4"]);
    expect(code).toBe(0);
    expect(stderr).toMatch(/ retry: o\d+ again in \d+ ms, attempt 1 failed: .*502/);
    expect(stderr).toMatch(/ api: down \(.*502.*\): only single probes are sent$/m);
    expect(stderr).toMatch(/ api: back: /);
  });

  it("is silent with --quiet, and without it", async () => {
    await give("o1");
    expect((await world.cli([...SEND, "--quiet", "--verbose"])).stderr).toBe("");
    await give("o2");
    expect((await world.cli(SEND)).stderr).not.toMatch(/ settings: /);
  });
});

describe("--debug", () => {
  it("traces Redis commands, scripts by their names, and HTTP exchanges without tokens", async () => {
    await give("o1");
    const { stderr } = await world.cli([...SEND, "--debug"]);
    expect(stderr).toMatch(
      / redis: EVALSHA claim-codes, \d+ keys, \d+ bytes: \d+ bytes back, in [\d.]+ ms \(/,
    );
    expect(stderr).toMatch(/ redis: SET mina:access_token:wx-sandbox \.\.\. 3 more, /);
    expect(stderr).toMatch(
      / http: POST \S+\/cgi-bin\/message\/wxopen\/template\/send\?access_token=\*\*\*: 200, errcode 0, \d+ bytes, in [\d.]+ ms$/m,
    );
    expect(stderr).toContain(" sweep: ");
  });

  it("keeps stack traces", async () => {
    const { stderr } = await world.cli(["token", "show", "--debug"]);
    expect(stderr).toMatch(/\n {4}at /);
  });
});

describe("--log-file", () => {
  it("has everything, while the terminal shows what it always does", async () => {
    await give("o1");
    const file = path.join(folder, "log");
    const { stderr } = await world.cli([...SEND, "--log-file", file]);
    expect(stderr).not.toMatch(/ settings: /);
    const lines = (await readFile(file, "utf8"))
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Line);
    for (const { at, level, event, message } of lines) {
      expect(new Date(at).toISOString()).toBe(at);
      expect(["debug", "info", "warn"]).toContain(level);
      expect([event, message]).not.toContain("");
    }
    expect(lines).toContainEqual(
      expect.objectContaining({ level: "debug", event: "redis", script: "settle-sends" }),
    );
    expect(lines).toContainEqual(
      expect.objectContaining({ level: "debug", event: "http", status: 200, errcode: 0 }),
    );
    expect(lines).toContainEqual(
      expect.objectContaining({ level: "info", event: "settings", appid: "wx-sandbox" }),
    );
    expect(lines.at(-1)).toMatchObject({ event: "end", exitCode: 0, result: "done" });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it("leaves traces out at --log-level info, and decisions at warn", async () => {
    await give("o1");
    const info = await logOf(SEND, "--log-level", "info");
    expect(new Set(info.map(({ level }) => level))).toEqual(new Set(["info"]));
    await rm(path.join(folder, "log"));
    const warn = await logOf(["pool", "show", "nobody"], "--log-level", "warn");
    expect(warn.map(({ level, event }) => [level, event])).toEqual([["warn", "error"]]);
  });

  it("is added to, not replaced", async () => {
    await logOf(["pool", "stats"], "--log-level", "info");
    const lines = await logOf(["pool", "stats"], "--log-level", "info");
    expect(lines.filter(({ event }) => event === "end")).toHaveLength(2);
  });

  it("has the stack of an error that the terminal does not show", async () => {
    const lines = await logOf(["pool", "show", "nobody"]);
    expect(lines).toContainEqual(expect.objectContaining({ level: "debug", event: "stack" }));
  });

  it.each([
    ["a folder that is not there", () => path.join(folder, "none", "log"), "its folder does not exist"],
    ["a directory", () => folder, "is a directory"],
    ["stdout", () => "-", "is not a file"],
  ])("is refused before any work for %s", async (_what, given, why) => {
    await give("o1");
    const { code, stderr } = await world.cli([...SEND, "--log-file", given()]);
    expect([code, stderr.includes(why)]).toEqual([2, true]);
    expect(world.sandbox.stats().delivered).toBe(0);
  });

  it("is refused where it may not be written", async () => {
    const file = path.join(folder, "log");
    await writeFile(file, "", { mode: 0o400 });
    await chmod(folder, 0o500);
    const { code, stderr } = await world.cli(["pool", "stats", "--log-file", file]);
    await chmod(folder, 0o700);
    // Root may write anything.
    if (process.getuid?.() !== 0)
      expect([code, stderr]).toEqual([2, expect.stringContaining("permission denied")]);
  });

  it.each([
    [["--log-level", "info"], "--log-file"],
    [["--log-level", "loud", "--log-file", "/tmp/x"], "the levels are warn, info, debug"],
  ])("%j is a usage error", async (argv, hint) => {
    const { code, stderr } = await world.cli(["pool", "stats", ...argv]);
    expect([code, stderr.includes(hint)]).toEqual([2, true]);
  });
});
