import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { main } from "../../src/main.ts";
import { cwd, here, load, useFolder, write } from "../config/folder.ts";
import { runCli } from "../helpers/cli.ts";
import { fakeIo } from "../output/fake-io.ts";

useFolder();

/** At a terminal at which these lines are typed, one after each question. */
async function atTerminal(
  argv: string[],
  answers: string[],
  typedLate?: (io: ReturnType<typeof fakeIo>) => void,
) {
  const io = fakeIo({ terminals: ["stdin", "stdout", "stderr"], env: { NO_COLOR: "1" }, cwd });
  const waiting = [...answers];
  io.stderr.on("data", (text: string) => {
    if (!/: $|\[y\/N\] $/.test(text)) return;
    const answer = waiting.shift();
    if (answer !== undefined) io.stdin.write(`${answer}\n`);
    else if (typedLate) typedLate(io);
    else io.stdin.end();
  });
  const code = await main(argv, io);
  return { code, stdout: io.stdout.text(), stderr: io.stderr.text(), left: waiting };
}

const cli = (argv: string[]) => runCli(argv, { cwd });
const YES = ["init", "--yes", "--appid", "wx1234567890abcdef"];

describe("init at a terminal", () => {
  it("asks, and writes a file that the program reads", async () => {
    const answers = ["live", "y", "redis://h:6380/1", "wechat-subscribe", "wxlive", "file", "secret"];
    const { code, stdout, stderr, left } = await atTerminal(["init"], answers);
    expect(code, stderr).toBe(0);
    expect(left).toEqual([]);
    write(join(cwd, "secret"), "s3cret\n");
    expect(await load({ profile: "live" })).toMatchObject({
      redisUrl: "redis://h:6380/1",
      channel: "wechat-subscribe",
      appid: "wxlive",
      appsecret: "s3cret",
      production: true,
    });
    expect(statSync(here).mode & 0o777).toBe(0o600);
    expect(stderr).toContain(`wrote "${here}"`);
    expect(stdout.split("\n").slice(0, 3)).toEqual([
      "push-cli doctor --profile live",
      "push-cli pool stats --profile live",
      "push-cli broadcast <templateId> --dry-run --profile live",
    ]);
    // A production profile has to be asked for.
    expect((await load()).profile).toBeUndefined();
  });

  it("takes defaults for empty answers, and tells where the secret goes", async () => {
    const { code, stdout, stderr } = await atTerminal(["init"], ["", "", "", "", "wx1", ""]);
    expect(code, stderr).toBe(0);
    expect(await load()).toMatchObject({
      profile: "default",
      redisUrl: "redis://127.0.0.1:6379",
      channel: "wechat-template",
      appid: "wx1",
      production: false,
      warnings: [],
    });
    expect((await load()).appsecret).toBeUndefined();
    expect(stderr).toContain("PUSH_CLI_APPSECRET");
    expect(stdout).toMatch(/^push-cli doctor\npush-cli pool stats\n/);
    expect(readFileSync(here, "utf8")).toMatch(/"\$schema": "file:.*push-cli\.schema\.json"/);
  });

  it("asks again after what can't be used, and not for what flags give", async () => {
    const flags = ["--profile", "a", "--redis-url", "redis://h", "--channel", "qq-template", "--production"];
    const answers = ["a b", "", "1109", "envrionment", "environment"];
    const { code, stderr, left } = await atTerminal(["init", ...flags], answers);
    expect(code, stderr).toBe(0);
    expect(left).toEqual([]);
    expect(stderr).toContain('"a b" is empty or contains spaces; the appid is shown');
    expect(stderr).toContain('"envrionment" is neither environment nor file');
    expect(stderr).not.toMatch(/Profile name|Redis URL|Channel|production\?/);
    expect(await load({ profile: "a" })).toMatchObject({ appid: "1109", channel: "qq-template" });
  });

  it("writes nothing when the answers end, or at Ctrl-C", async () => {
    const ended = await atTerminal(["init"], ["live", "n"]);
    expect(ended.code).toBe(11);
    expect(ended.stderr).toContain("no answer; nothing was written");
    const interrupted = await atTerminal(["init"], ["live"], (io) => io.signal("SIGINT"));
    expect(interrupted.code).toBe(130);
    expect(interrupted.stderr).toContain("interrupted; nothing was written");
    expect(existsSync(here)).toBe(false);
  });

  it("replaces a file only when told to, and takes it from the eyes of others", async () => {
    write(here, '{"appid": "old"}', 0o644);
    const no = await atTerminal(["init"], ["n"]);
    expect(no.code).toBe(11);
    expect(no.stderr).toContain(`Replace "${here}"? [y/N]`);
    expect((await load()).appid).toBe("old");
    const yes = await atTerminal(["init"], ["y", "", "", "", "", "wxnew", ""]);
    expect(yes.code, yes.stderr).toBe(0);
    expect((await load()).appid).toBe("wxnew");
    expect(statSync(here).mode & 0o777).toBe(0o600);
  });
});

describe("init without a terminal", () => {
  it("is refused unless --yes and --appid are given", async () => {
    expect(await cli(["init"])).toMatchObject({
      code: 11,
      stderr: expect.stringMatching(/^error: init asks .*there is no terminal\nhint: use --yes with --appid/),
    });
    expect(await cli(["init", "--yes"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--appid"),
    });
    expect(existsSync(here)).toBe(false);
  });

  it("writes what flags give where --config says, with the next commands", async () => {
    const path = join(cwd, "my shop.json");
    const flags = ["--config", path, "--profile", "shop", "--secret-file", "/etc/secret", "--json"];
    const { code, stderr, json } = await cli([...YES, ...flags]);
    expect(code, stderr).toBe(0);
    expect(json()).toEqual({
      path,
      profile: "shop",
      next: ["doctor", "pool stats", "broadcast <templateId> --dry-run"].map(
        (command) => `push-cli ${command} --config '${path}'`,
      ),
    });
    expect(readFileSync(path, "utf8")).toContain('"appsecretFile": "/etc/secret"');
  });

  it("does not replace a file but with --force", async () => {
    expect((await cli(YES)).code).toBe(0);
    const before = readFileSync(here, "utf8");
    expect(await cli([...YES, "--profile", "other"])).toMatchObject({
      code: 11,
      stderr: expect.stringMatching(/already exists\nhint: use --force to overwrite it/),
    });
    expect(readFileSync(here, "utf8")).toBe(before);
    expect((await cli([...YES, "--profile", "other", "--force"])).code).toBe(0);
    expect((await load()).profile).toBe("other");
  });

  it.each([
    [["--redis-url", "http://:hunter2@h"], '--redis-url: "http://:***@h" is not a Redis URL'],
    [["--channel", "Nope"], '--channel: "Nope" is not a channel'],
    [["--profile", "a b"], '--profile: "a b" must consist of'],
  ])("refuses %j", async (flags, message) => {
    const { code, stderr } = await cli([...YES, ...flags]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain("hunter2");
    expect(existsSync(here)).toBe(false);
  });

  it("tells of a Redis password in the file, and of a place that can't be written", async () => {
    const { stderr } = await cli([...YES, "--redis-url", "redis://:hunter2@h"]);
    expect(stderr).toContain("keep it out of version control");
    expect(stderr).not.toContain("hunter2");
    expect(await cli([...YES, "--config", "/nonexistent/a.json"])).toMatchObject({
      code: 12,
      stderr: expect.stringContaining('cannot write "/nonexistent/a.json"'),
    });
  });

  it("points editors to the schema of the project's own push-cli", async () => {
    const dist = join(cwd, "node_modules/push-cli/dist");
    mkdirSync(dist, { recursive: true });
    writeFileSync(join(dist, "push-cli.schema.json"), "{}");
    chmodSync(dist, 0o755);
    await cli(YES);
    expect(readFileSync(here, "utf8")).toContain(
      '"$schema": "./node_modules/push-cli/dist/push-cli.schema.json"',
    );
  });
});
