import type { Command, Option } from "commander";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkOptionValues } from "../../src/commands/check-values.ts";
import type { RunAction } from "../../src/commands/deps.ts";
import { buildProgram } from "../../src/commands/program.ts";
import { defaultOf } from "../../src/commands/tree.ts";
import { runCli } from "../helpers/cli.ts";

const neverRun: RunAction = () => () => Promise.reject(new Error("only looked at"));
const program = await buildProgram("0.0.0", neverRun);

interface Case {
  /** Noun and verb, and what the command cannot do without. */
  words: string[];
  option: Option;
  /** It may stand before the verb, too: it is the program's, or the noun stands for the command. */
  early: boolean;
  /** What an option of the command or of the program may be called. */
  flags: string[];
}

const CASES = commandsOf(program).flatMap(({ words, command, early }) => {
  const options = [...command.options, ...(command === program ? [] : program.options)];
  const flags = [...options.flatMap(({ short, long }) => [short ?? [], long ?? []].flat()), "-h", "--help"];
  return options
    .filter(({ required }) => required)
    .map((option): Case => ({ words, option, flags, early: early || program.options.includes(option) }));
});

interface Found {
  words: string[];
  command: Command;
  early: boolean;
}

/** Every command; one that a noun stands for also by the noun alone. */
function commandsOf(command: Command, path: string[] = []): Found[] {
  const operands = (one: Command) => one.registeredArguments.map((argument) => argument.name());
  const standsFor = defaultOf(command);
  return [
    { words: [...path, ...operands(command)], command, early: false },
    ...(standsFor ? [{ words: [...path, ...operands(standsFor)], command: standsFor, early: true }] : []),
    ...command.commands.flatMap((child) => commandsOf(child, [...path, child.name()])),
  ];
}

const longOf = ({ long }: Option) => long ?? "";

/** Exit 2 with a message that names both; nothing else can have been done then. */
async function expectRefused(argv: string[], option: string, value: string): Promise<void> {
  const { code, stdout, stderr } = await runCli(argv);
  expect([argv, code, stdout]).toEqual([argv, 2, ""]);
  expect(stderr).toContain(`${option} requires a value, but the next word`);
  expect(stderr).toContain(value);
  expect(stderr).toContain(`write ${option}=`);
}

function complaintOf(argv: string[]): string {
  try {
    checkOptionValues(program, argv);
    return "";
  } catch (error) {
    return (error as Error).message;
  }
}

describe("of all commands and options", () => {
  it("there are many", () => {
    expect(CASES.length).toBeGreaterThan(200);
    expect(CASES.filter(({ words }) => words.join(" ") === "broadcast templateId").length).toBeGreaterThan(
      20,
    );
  });

  it("none takes an option for its value, wherever it stands", () => {
    for (const { words, option, flags, early } of CASES) {
      for (const flag of [...flags, "--dry-rum", "-yq", "--x=y", "--"]) {
        const places = [
          [...words, longOf(option), flag],
          [...words, longOf(option), flag, "x"],
          ...(early ? [[...words.slice(0, 1), longOf(option), flag, ...words.slice(1)]] : []),
        ];
        for (const argv of places)
          expect([argv, complaintOf(argv)]).toEqual([argv, expect.stringContaining(flag)]);
      }
    }
  });

  it("each takes it when it is tied on", () => {
    for (const { words, option, flags } of CASES) {
      for (const flag of [...flags, "--dry-rum", "--"]) {
        const argv = [...words, `${longOf(option)}=${flag}`];
        expect([argv, complaintOf(argv)]).toEqual([argv, ""]);
      }
    }
  });

  it("each takes what is no option", () => {
    for (const { words, option } of CASES) {
      for (const value of ["-", "", "-1", "-0.5", "--- sale ---", "---", "-☆", "a--b", "a", "list"]) {
        const argv = [...words, longOf(option), value, "--json"];
        expect([argv, complaintOf(argv)]).toEqual([argv, ""]);
      }
    }
  });

  it("the whole command line ends with 2, with nothing done", async () => {
    const chosen = fc.constantFrom(...CASES).chain((one) =>
      fc.record({
        one: fc.constant(one),
        flag: fc.constantFrom(...one.flags, "--dry-rum"),
        json: fc.boolean(),
      }),
    );
    await fc.assert(
      fc.asyncProperty(chosen, async ({ one: { words, option }, flag, json }) => {
        await expectRefused(
          [...words, longOf(option), flag, ...(json ? ["--json"] : [])],
          longOf(option),
          flag,
        );
      }),
      { numRuns: 300 },
    );
  });
});

describe("the refusal", () => {
  const SEND = ["broadcast", "order-shipped"];

  it.each([
    [
      [...SEND, "--keywords", "--dry-run"],
      "--keywords requires a value, but the next word is the option --dry-run",
    ],
    [["-q", ...SEND, "--yes", "--page", "-y"], "--page requires a value, but the next word is the option -y"],
    [
      ["broadcast", "--keywords", "--yes", "order-shipped"],
      "--keywords requires a value, but the next word is",
    ],
    [
      ["broadcast", "resume", "b1", "--rate", "--join"],
      "--rate requires a value, but the next word is the option --join",
    ],
    [[...SEND, "--page", "-yes"], "--page requires a value, but the next word is the option -yes"],
    [
      [...SEND, "--keywords", "--dry-rum"],
      "--keywords requires a value, but the next word looks like an option",
    ],
    [
      ["--redis-url", "--quiet", "pool", "list"],
      "--redis-url requires a value, but the next word is the option --quiet",
    ],
    [
      ["pool", "list", "--limit", "--sort=expiry"],
      "--limit requires a value, but the next word is the option --sort=",
    ],
    [[...SEND, "--to", "--yes"], "--to requires a value, but the next word is the option --yes"],
    [
      [...SEND, "--to", "oA", "oB", "--page", "--yes"],
      "--page requires a value, but the next word is the option --yes",
    ],
    [
      [...SEND, "--keywords", "--", "x"],
      "--keywords requires a value, but the next word is --, which ends the options",
    ],
    [["pool", "list", "--limit"], "--limit requires a value\nhint: usage: push-cli pool list --limit <n>"],
    [
      [...SEND, "--keywords"],
      "--keywords requires a value\nhint: usage: push-cli broadcast --keywords <csv>",
    ],
  ])("of %j", async (argv, message) => {
    const { code, stdout, stderr } = await runCli(argv);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr.startsWith(`error: ${message}`), stderr).toBe(true);
  });

  it("says how to write it, in a way that a shell takes", async () => {
    const hint = async (value: string) =>
      /hint: (.*)/.exec((await runCli([...SEND, "--keywords", value])).stderr)?.[1];
    expect(await hint("--dry-run")).toBe("write --keywords=--dry-run to use that text as the value");
    expect(await hint("--sale, today's")).toBe(
      "write --keywords='--sale, today'\\''s' to use that text as the value",
    );
  });

  it("is JSON with --json, wherever that stands", async () => {
    for (const argv of [
      [...SEND, "--keywords", "--json"],
      ["--json", ...SEND, "--keywords", "--dry-run"],
    ]) {
      const { code, stderr } = await runCli(argv);
      expect(code).toBe(2);
      expect(JSON.parse(stderr).error).toMatchObject({
        code: "usage",
        message: expect.stringContaining("--keywords requires a value"),
        hint: expect.stringContaining("write --keywords="),
      });
    }
  });
});

describe("what is no mistake", () => {
  it.each([
    ["words after --", ["pool", "show", "--", "--limit", "--json"]],
    ["a list of openIds has that ends at an option", ["broadcast", "t", "--to", "oA", "oB", "--yes"]],
    ["a verb as a value", ["broadcast", "--report", "list", "--keywords", "a,b", "t"]],
    [
      "an option of the program before the noun",
      ["--redis-url", "redis://h", "pool", "list", "--limit", "1"],
    ],
    ["faults", ["sandbox", "--fault", "busy:1", "slow:2", "--accept-any", "--port", "1"]],
    ["several flags in one", ["-yq", "broadcast", "t", "--page", "a"]],
  ])("%s", (_, argv) => expect(complaintOf(argv)).toBe(""));
});
