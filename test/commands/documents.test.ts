import type { Command } from "commander";
import { describe, expect, it } from "vitest";
import { type Fields, fieldsOf } from "../../src/commands/documents.ts";
import { buildProgram } from "../../src/commands/program.ts";
import { useWorld } from "./world.ts";

const program = await buildProgram("0.0.0", () => async () => undefined);

function find(path: string): Command {
  return path
    .split(" ")
    .reduce((at, name) => at.commands.find((one) => one.name() === name) as Command, program);
}

/** The paths in a document that are not among the fields. */
function unknownPaths(value: unknown, fields: Fields | "any", before = ""): string[] {
  if (fields === "any" || typeof value !== "object" || value === null) return [];
  if (Array.isArray(value)) return [...new Set(value.flatMap((one) => unknownPaths(one, fields, before)))];
  return Object.entries(value).flatMap(([name, below]) => {
    const path = before === "" ? name : `${before}.${name}`;
    return Object.hasOwn(fields, name) ? unknownPaths(below, fields[name] as Fields, path) : [path];
  });
}

it("every command that prints documents lists their fields", () => {
  const leaves = (command: Command): Command[] =>
    command.commands.length === 0 ? [command] : command.commands.flatMap(leaves);
  const unlisted = leaves(program).filter((command) => fieldsOf(command) === undefined);
  expect(unlisted.map((command) => command.name())).toEqual([]);
});

describe("fields of documents", () => {
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
    return stdout.startsWith("{\n") || stdout.startsWith("[\n")
      ? [JSON.parse(stdout)]
      : stdout
          .trimEnd()
          .split("\n")
          .map((line) => JSON.parse(line));
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
    ["config show", []],
    ["config show", ["--pool-key", "p:{%}"]],
    ["config check", ["--key-prefix", "a}b"]],
    ["config path", []],
    ["script claim", []],
    ["completion", ["bash"]],
    ["help", ["exit-codes"]],
    ["help", []],
  ];

  it.each(COMMANDS)("of %s %j are those that are listed", async (path, argv, stdin) => {
    await fill();
    await world.cli(["broadcast", "t", "--no-keywords", "-y", "--id", "b", "--limit", "1"]);
    if (path === "broadcast cancel") await world.redis.client.hset("mina:broadcast:b", "status", "stopped");
    const documents = await documentsOf(path, argv, stdin);
    expect(documents.length).toBeGreaterThan(0);
    expect(unknownPaths(documents, fieldsOf(find(path)) as Fields)).toEqual([]);
  });

  it.each([
    ["pool import", [], '{"openId":"o1","consent":"c1"}\n'],
    ["pool list", []],
    ["pool show", ["o1"]],
    ["pool stats", []],
    ["pool export", []],
    ["pool remove", ["o1", "-y"]],
  ] as [string, string[], string?][])("of %s %j with consents, too", async (path, argv, stdin) => {
    const template = ["--channel", "wechat-subscribe", "--template", "tpl-1"];
    await world.cli(["pool", "import", ...template], { stdin: '{"openId":"o1","consent":"c9"}\n' });
    const documents = await documentsOf(path, [...argv, ...template], stdin);
    expect(unknownPaths(documents, fieldsOf(find(path)) as Fields)).toEqual([]);
  });
});
