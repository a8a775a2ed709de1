import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Command } from "commander";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isAudited } from "../../src/commands/audited.ts";
import { buildProgram } from "../../src/commands/program.ts";
import { useWorld } from "./world.ts";

const world = useWorld();
let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "push-cli-audit-"));
  file = path.join(folder, "audit.ndjson");
});
afterEach(() => rm(folder, { recursive: true }));

const TEMPLATE = "yiMOZZ8xbmJe0Us6IgdYo0fJHqIHCPFXjzHJbNbeK0a";
const SEND = ["broadcast", TEMPLATE, "--keywords", "a", "--any-template", "--yes", "--id", "sale"];

async function give(...openIds: string[]) {
  for (const openId of openIds) {
    const entry = JSON.stringify({ formId: `form-${openId}`, expire: Date.now() + 3_600_000 });
    await world.redis.client.rpush(`mina:openid:${openId}`, entry);
  }
}

async function lines(): Promise<Record<string, unknown>[]> {
  const text = await readFile(file, "utf8").catch(() => "");
  return text
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

const audited = (argv: string[], env: Record<string, string> = {}, stdin = "") =>
  world.cli(argv, { env: { PUSH_CLI_AUDIT_LOG: file, ...env }, stdin });

it("a broadcast leaves a line before it begins and one when it is over: who, where, what, how it went", async () => {
  await give("o1", "o2");
  expect((await audited(SEND)).code).toBe(0);
  const [started, ended, ...more] = await lines();
  expect(more).toEqual([]);
  const common = {
    ...{ user: "tester", host: "test-host", pid: process.pid, version: expect.stringMatching(/^\d+\./) },
    ...{ command: SEND, dryRun: false, channel: "wechat-template", appid: "wx-sandbox" },
    ...{ redis: world.redis.url, api: world.sandbox.url },
  };
  expect(started).toEqual({ ...common, at: expect.stringMatching(/Z$/), event: "started" });
  expect(ended).toMatchObject({
    ...common,
    ...{ event: "ended", result: "done", exitCode: 0, broadcastId: "sale", startedAt: started?.at },
    ...{ counts: { sent: 2, failed: 0 }, durationMs: expect.any(Number) },
  });
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

it("names the profile, and takes the file from it; flags go before", async () => {
  const config = path.join(folder, "push-cli.config.json");
  await writeFile(config, JSON.stringify({ profiles: { shop: { auditLog: "audit.ndjson" } } }), {
    mode: 0o600,
  });
  await world.cli(["token", "refresh", "--config", config, "--profile", "shop"]);
  expect(await lines()).toEqual([
    expect.objectContaining({ event: "started", profile: "shop" }),
    expect.objectContaining({ event: "ended", profile: "shop" }),
  ]);
  const other = path.join(folder, "other");
  await world.cli(["token", "refresh", "--config", config, "--profile", "shop", "--audit-log", other]);
  expect(await lines()).toHaveLength(2);
  expect((await readFile(other, "utf8")).split("\n")).toHaveLength(3);
});

it("tells how it failed, and marks dry runs", async () => {
  await audited(["broadcast", "delete", "nothing", "--yes"]);
  await give("o1");
  await audited([...SEND.filter((word) => word !== "--yes"), "--dry-run"]);
  expect(
    (await lines()).map(({ event, dryRun, result, exitCode }) => [event, dryRun, result, exitCode]),
  ).toEqual([
    ["started", false, undefined, undefined],
    ["ended", false, "nothing", 3],
    ["started", true, undefined, undefined],
    ["ended", true, "done", 0],
  ]);
});

it("counts what other commands changed", async () => {
  const row = JSON.stringify({ openId: "o1", formId: "f1", expire: Date.now() + 3_600_000 });
  await audited(["pool", "import", "-"], {}, row);
  await audited(["pool", "remove", "o1", "--yes"]);
  await give("o2");
  await audited(["purge"]);
  const counts = (await lines()).filter(({ event }) => event === "ended").map((line) => line.counts);
  expect(counts).toMatchObject([
    { imported: 1 },
    { poolsRemoved: 1, entriesRemoved: 1 },
    { poolsScanned: 1 },
  ]);
});

it("commands that only read leave no line", async () => {
  await give("o1");
  for (const argv of [
    ["pool", "stats"],
    ["pool", "show", "o1"],
    ["broadcast", "list"],
    ["template", "list"],
  ])
    await audited(argv);
  expect(await lines()).toEqual([]);
});

it("what is no command line leaves no line", async () => {
  expect((await audited([...SEND, "--nonsense"])).code).toBe(2);
  expect(await lines()).toEqual([]);
});

it("nothing is sent when the audit log can't be written", async () => {
  await give("o1");
  for (const path of [`${folder}/none/audit`, folder, "/dev/full"]) {
    const { code, stderr } = await audited(SEND, { PUSH_CLI_AUDIT_LOG: path });
    expect([code, stderr]).toEqual([12, expect.stringContaining(`cannot write the audit log "${path}": `)]);
  }
  expect(world.sandbox.stats().delivered).toBe(0);
  // Whoever only reads needs no audit log.
  expect((await audited(["pool", "stats"], { PUSH_CLI_AUDIT_LOG: "/dev/full" })).code).toBe(0);
});

describe("each command", () => {
  it("is known to change something, or to only read", async () => {
    const program = await buildProgram("0.0.0", () => async () => undefined);
    const leaves = (command: Command): Command[] =>
      command.commands.length === 0 ? [command] : command.commands.flatMap(leaves);
    const nameOf = (command: Command): string =>
      command.parent ? `${nameOf(command.parent)} ${command.name()}`.trim() : "";
    const names = (is: boolean) =>
      leaves(program)
        .filter((one) => isAudited(one) === is)
        .map(nameOf);
    expect(names(true)).toMatchInlineSnapshot(`
      [
        "broadcast send",
        "broadcast resume",
        "broadcast run-due",
        "broadcast pause",
        "broadcast cancel",
        "broadcast delete",
        "pool import",
        "pool remove",
        "purge",
        "suppress add",
        "suppress remove",
        "suppress import",
        "token refresh",
        "collector start",
      ]
    `);
    expect(names(false)).toMatchInlineSnapshot(`
      [
        "broadcast watch",
        "broadcast list",
        "broadcast show",
        "broadcast recipients",
        "broadcast report",
        "pool show",
        "pool list",
        "pool stats",
        "pool export",
        "suppress list",
        "template list",
        "template show",
        "token show",
        "collector check",
        "doctor",
        "init",
        "config show",
        "config check",
        "config path",
        "channels",
        "script claim",
        "sandbox",
        "demo",
        "schema",
        "completion",
        "help",
      ]
    `);
  });
});
