import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import type { Command } from "commander";
import { expect, it } from "vitest";
import { buildProgram } from "../../src/commands/program.ts";
import { defaultOf } from "../../src/commands/tree.ts";
import { EXIT_CODES } from "../../src/exit-codes.ts";
import { TOPICS } from "../../src/help/topics.ts";
import { createConsentPoolKeys } from "../../src/redis/consent-keys.ts";
import { createKeys } from "../../src/redis/keys.ts";
import { ROOT, readFiles, readSources } from "../structure/files.ts";

/** README.md and the manual, by file. */
const files = new Map([
  ["README.md", readFileSync(path.join(ROOT, "README.md"), "utf8")],
  ...readFiles("src/help", ".md"),
]);
/** Those that have to be complete; that the translated ones are alike, test/help/translations.test.ts sees to. */
const pages = [...files].flatMap(([file, text]) => (file.startsWith("src/help/zh-CN/") ? [] : [text]));
const readme = pages.join("\n");
const program = await buildProgram("0.0.0", () => async () => undefined);
const commands = [program, ...descendants(program)];

it("has the exit codes of the program, in words and in number", () => {
  const rows = section("Exit codes").matchAll(/^\| (\d+) \| (.*) \|$/gm);
  const table = [...rows].map(([, code, meaning]) => ({ code: Number(code), meaning }));
  expect(table).toEqual(Object.values(EXIT_CODES));
});

it("mentions every command", () => {
  expect(commands.length).toBeGreaterThan(10);
  expect(commands.filter((command) => !mentions(readme, command)).map(commandPath)).toEqual([]);
});

it("mentions every option of each command on a page that tells of the command", () => {
  const missing = commands.flatMap((command) => {
    const own = command === program ? pages : pages.filter((text) => mentions(text, command));
    return longOptions(command)
      .filter((option) => !own.some((text) => hasWord(text, option)))
      .map((option) => `${commandPath(command)} ${option}`);
  });
  expect(missing).toEqual([]);
});

it("shows no command line with an option that the command does not have", () => {
  const lines = readme.replace(/ \\\n +/g, " ").matchAll(/(?<=^\$ |\| |\* +|`)push-cli [^`\n|;>]*/gm);
  const shown = [...lines].map(([line]) => line);
  expect(shown.length).toBeGreaterThan(20);
  const wrong = shown.filter((line) => {
    const known = new Set([...longOptions(findCommand(line)), ...longOptions(program), "--help"]);
    return optionsIn(line).some((option) => !known.has(option));
  });
  expect(wrong).toEqual([]);
});

it("names the variables that the program reads, and no others", () => {
  const read = names([...readSources().values()].join("\n"), /PUSH_CLI_[A-Z_]*[A-Z]/g);
  const page = pages.find((text) => text.startsWith("# Settings and environment\n")) ?? "";
  expect(names(page, /PUSH_CLI_[A-Z_]*[A-Z]/g)).toEqual(read);
  expect(names(readme, /PUSH_CLI_[A-Z_]*[A-Z]/g)).toEqual(read);
});

it("lists the keys that the program makes", () => {
  const keys = createKeys({ keyPrefix: "mina:", poolPrefix: "mina:openid:" });
  const consents = createConsentPoolKeys({ keyPrefix: "mina:" });
  const made = [
    consents.pool({ openId: "<openId>", templateId: "<templateId>" }),
    ...["sends", "receipts", "seen"].map((templateId) => consents.pool({ openId: "<openId>", templateId })),
    keys.pool("<openId>"),
    keys.ledger("<openId>"),
    keys.seen("<openId>"),
    keys.broadcast("<id>"),
    keys.run("<id>", "<runId>"),
    keys.audience("<id>", "<runId>"),
    keys.invalid("<id>", "<runId>"),
    keys.broadcasts,
    keys.suppressed,
    keys.accessToken("<appid>"),
    keys.templates("<appid>"),
    keys.lock("purge"),
    keys.lock("token:<appid>"),
  ];
  const rows = section("What it writes to Redis").matchAll(/^\| `([^`]+)` \| (?:LIST|HASH|STRING|ZSET) \|/gm);
  expect([...rows].map(([, key]) => key).sort()).toEqual(made.sort());
});

it("is a page that one reads in two minutes", () => {
  expect(files.get("README.md")?.split("\n").length).toBeLessThanOrEqual(250);
});

it("links to every page of the manual", () => {
  const linked = [...(files.get("README.md") ?? "").matchAll(/\]\(src\/help\/([\w-]+)\.md[)#]/g)];
  const topics = linked.map(([, topic]) => topic);
  expect(TOPICS.map(({ name }) => name).filter((name) => !topics.includes(name))).toEqual([]);
});

it("links to headings and files that are there", () => {
  const links = [...files].flatMap(([file, text]) =>
    [...withoutCode(text).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)|src="([^"]+)"/g)].map(
      ([, target = "", anchor, source]) => {
        const place = source ?? target;
        const to = place === "" ? file : path.join(path.dirname(file), place);
        return { file, to, anchor };
      },
    ),
  );
  expect(links.length).toBeGreaterThan(60);
  const broken = links.filter(({ to, anchor }) => {
    if (!existsSync(path.join(ROOT, to))) return true;
    return anchor !== undefined && !anchorsOf(readFileSync(path.join(ROOT, to), "utf8")).includes(anchor);
  });
  expect(broken).toEqual([]);
});

it("has a map of the code that names files that are there, and every script", () => {
  const map = readFileSync(path.join(ROOT, "src/README.md"), "utf8");
  const files = [...map.matchAll(/(?<=[` ])[\w./-]+\.(?:ts|lua)(?=[` ])/g)].map(([file]) => file);
  const there = ["src", "test", "bin"].flatMap((folder) => [...readFiles(folder, ".ts", ".lua").keys()]);
  expect(files.length).toBeGreaterThan(40);
  expect(files.filter((file) => !there.some((one) => `/${one}`.endsWith(`/${file}`)))).toEqual([]);
  const scripts = [...readFiles("src/redis/lua", ".lua").keys()].map((file) => path.basename(file));
  expect(scripts.filter((script) => !map.includes(`\`${script}\``))).toEqual([]);
  expect(map.split("\n").length).toBeLessThanOrEqual(90);
});

/** Ids that headings get on GitHub. */
function anchorsOf(text: string): string[] {
  return [...withoutCode(text).matchAll(/^#+ (.*)$/gm)].map(([, title = ""]) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_\- ]/gu, "")
      .replaceAll(" ", "-"),
  );
}

function withoutCode(text: string): string {
  return text
    .replace(/^ *```[\s\S]*?^ *```/gm, "")
    .replace(/`[^`\n]*`/g, (code) => code.replace(/[[\]()]/g, ""));
}

function descendants(command: Command): Command[] {
  return command.commands.flatMap((child) => [child, ...descendants(child)]);
}

function commandPath(command: Command): string {
  return command.parent ? `${commandPath(command.parent)} ${command.name()}` : command.name();
}

function longOptions(command: Command): string[] {
  const own = command.options.flatMap(({ long }) => (long ? [long] : []));
  const verb = defaultOf(command);
  return verb ? [...own, ...longOptions(verb)] : own;
}

/** The command that a line such as `push-cli pool show oAlice` runs. */
function findCommand(line: string): Command {
  let found: Command = program;
  for (const word of line.split(" ").slice(1)) {
    const next = found.commands.find((child) => child.name() === word);
    if (!next) break;
    found = next;
  }
  return found;
}

function optionsIn(line: string): string[] {
  return [...line.matchAll(/(?<=[\s[])--[a-z][\w-]*/g)].map(([option]) => option);
}

function hasWord(text: string, option: string): boolean {
  return new RegExp(`(?<![\\w-])${option}(?![\\w-])`).test(text);
}

/** What stands between a heading and the next of its level or above. */
function section(title: string): string {
  const found = new RegExp(`^(#+) ${title}$`, "m").exec(readme);
  if (!found) throw new Error(`README.md and the manual have no heading "${title}"`);
  const rest = readme.slice(found.index + found[0].length);
  const end = rest.search(new RegExp(`^#{1,${found[1]?.length}} `, "m"));
  return end < 0 ? rest : rest.slice(0, end);
}

function mentions(text: string, command: Command): boolean {
  return new RegExp(`${commandPath(command)}(?![\\w-])`).test(text);
}

function names(text: string, pattern: RegExp): string[] {
  return [...new Set([...text.matchAll(pattern)].map(([name]) => name))].sort();
}
