import type { Command } from "commander";
import { describe, expect, it } from "vitest";
import { fieldsOf } from "../../src/commands/documents.ts";
import { buildProgram } from "../../src/commands/program.ts";
import { readDocuments } from "../helpers/documents.ts";
import { useWorld } from "./world.ts";

const program = await buildProgram("0.0.0", () => async () => undefined);

it("every command that prints documents lists their fields", () => {
  const leaves = (command: Command): Command[] =>
    command.commands.length === 0 ? [command] : command.commands.flatMap(leaves);
  const unlisted = leaves(program).filter((command) => fieldsOf(command) === undefined);
  expect(unlisted.map((command) => command.name())).toEqual([]);
});

// `cli` holds each of them against its schema, as in every other test.
describe("documents", () => {
  const world = useWorld();
  const inAnHour = () => Date.now() + 3_600_000;

  async function fill() {
    // More than an estimate may do with.
    for (const openId of Array.from({ length: 15 }, (_, i) => `o${i}`)) {
      const entries = [
        { formId: `f-${openId}`, expire: inAnHour() },
        { formId: "old", expire: 1 },
        "nonsense",
      ];
      const texts = entries.map((entry) => (typeof entry === "string" ? entry : JSON.stringify(entry)));
      await world.redis.client.rpush(`mina:openid:${openId}`, ...texts);
    }
  }

  async function documentsOf(path: string, argv: string[], stdin = ""): Promise<unknown[]> {
    const { stdout, stderr } = await world.cli([...path.split(" "), ...argv, "--json"], { stdin });
    expect(stdout, stderr).not.toBe("");
    return readDocuments(stdout);
  }

  /** Each command with the words that make it print its document; the broadcast `b` is there. */
  const COMMANDS: [string, string[], string?][] = [
    ["pool list", []],
    ["pool show", ["o1"]],
    ["pool show", ["o1", "o2"]],
    ["pool stats", []],
    ["pool stats", ["--sample", "10"]],
    ["pool export", []],
    ["pool export", ["--raw"]],
    ["pool import", [], '{"openId":"o9","formId":"x","expire":4000000000000}\n'],
    ["pool remove", ["o2", "-y"]],
    ["pool remove", ["o2", "--dry-run"]],
    ["purge", []],
    ["broadcast send", ["t", "--no-keywords", "-y", "--id", "c"]],
    ["broadcast send", ["t", "--no-keywords", "--dry-run"]],
    [
      "broadcast send",
      ["t", "--no-keywords", "--dry-run", "--match", "o*", "--exclude-broadcast", "b", "--min-valid", "1"],
    ],
    [
      "broadcast send",
      ["t", "--no-keywords", "-y", "--id", "d", "--expiring-within", "1d", "--min-valid", "1"],
    ],
    ["broadcast send", ["t", "--no-keywords", "-y", "--id", "e", "--holdout", "0.5%", "--cap", "9/24h"]],
    ["broadcast list", []],
    ["broadcast show", ["b", "--exact"]],
    ["broadcast watch", ["b"]],
    ["broadcast recipients", ["b"]],
    ["broadcast resume", ["b", "--limit", "none", "--dry-run"]],
    ["broadcast resume", ["b", "--limit", "none", "-y"]],
    ["broadcast cancel", ["b"]],
    ["broadcast delete", ["b", "-y"]],
    ["token refresh", []],
    ["template list", ["--channel", "wechat-subscribe"]],
    ["channels", []],
    ["doctor", ["--timeout", "60s"]],
    ["config show", []],
    ["config show", ["--pool-key", "p:{%}"]],
    ["config check", ["--key-prefix", "a}b"]],
    ["config path", []],
    ["script claim", []],
    ["completion", ["bash"]],
    ["schema", []],
    ["help", ["exit-codes"]],
    ["help", []],
  ];

  it.each(COMMANDS)("of %s %j fit their schemas", async (path, argv, stdin) => {
    await fill();
    const policy = ["--holdout", "0.5%", "--cap", "9/24h", "--match", "*"];
    await world.cli(["broadcast", "t", "--no-keywords", "-y", "--id", "b", "--limit", "1", ...policy]);
    if (path === "broadcast cancel") await world.redis.client.hset("mina:broadcast:b", "status", "stopped");
    expect((await documentsOf(path, argv, stdin)).length).toBeGreaterThan(0);
  });

  it.each([
    ["pool import", [], '{"openId":"o1","consent":"c1"}\n'],
    ["pool list", []],
    ["pool show", ["o1"]],
    ["pool stats", []],
    ["pool export", []],
    ["pool remove", ["o1", "-y"]],
  ] as [string, string[], string?][])("of %s %j with consents fit theirs", async (path, argv, stdin) => {
    const template = ["--channel", "wechat-subscribe", "--template", "tpl-1"];
    await world.cli(["pool", "import", ...template], { stdin: '{"openId":"o1","consent":"c9"}\n' });
    expect((await documentsOf(path, [...argv, ...template], stdin)).length).toBeGreaterThan(0);
  });
});
