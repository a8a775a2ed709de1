import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { type RunOptions, useBuiltCli } from "./built-cli.ts";

const cli = useBuiltCli();
/** The packages that take long to load, by what the files are called that hold them. */
const COSTLY: Record<string, RegExp> = {
  ioredis: /\/ioredis(-cluster)?\.js$/,
  undici: /\/undici\.js$/,
  ora: /\/ora\.js$/,
  "cli-table3": /\/cli-table3\.js$/,
  zod: /\/zod\.js$/,
  "csv-parse": /\/csv-parse\.js$/,
  "jsonc-parser": /\/jsonc-parser\.js$/,
  jose: /\/jose\.js$/,
  "prom-client": /\/prom-client\.js$/,
  saxes: /\/saxes\.js$/,
  "jq-wasm": /\/jq-wasm\.js$/,
  marked: /\/marked\.js$/,
};
let log: string;
let note: string;

/** Loaded before the program: notes every file of the program that is read. */
beforeAll(() => {
  log = join(cli.folder, "files.log");
  note = join(cli.folder, "note.cjs");
  const lines = [
    'const fs = require("node:fs");',
    "const { readFileSync } = fs;",
    "fs.readFileSync = (file, ...more) => {",
    `  fs.appendFileSync(${JSON.stringify(log)}, file + "\\n");`,
    "  return readFileSync(file, ...more);",
    "};",
  ];
  writeFileSync(note, lines.join("\n"));
});

async function loadedBy(argv: string[], options: RunOptions = {}): Promise<string[]> {
  writeFileSync(log, "");
  const args = ["--require", note, cli.program, ...argv];
  const { stdout, stderr } = await cli.spawn(process.execPath, args, { stdin: "", ...options }).done;
  expect(stdout + stderr).not.toBe("");
  const files = readFileSync(log, "utf8").split("\n");
  expect(files.some((file) => file.includes("chunks/"))).toBe(argv[0] !== "--version");
  return Object.keys(COSTLY).filter((name) => files.some((file) => COSTLY[name]!.test(file)));
}

it("each of them has a file of its own, which the others don't hold", () => {
  const chunks = readdirSync(join(cli.program, "..", "chunks")).filter((file) => file.endsWith(".js"));
  for (const [name, pattern] of Object.entries(COSTLY))
    expect([name, chunks.filter((chunk) => pattern.test(`/${chunk}`)).length]).not.toEqual([name, 0]);
  const text = (file: string) => readFileSync(join(cli.program, "..", file), "utf8");
  const own = chunks.filter((chunk) => !Object.values(COSTLY).some((pattern) => pattern.test(`/${chunk}`)));
  expect(own.sort()).toEqual(["chunk.js", "program.js", "rest.js"]);
  // Words of ioredis, undici, ora, cli-table3, zod, csv-parse; of jose, prom-client, saxes, marked.
  const words =
    /enableOfflineQueue options is false|llhttp|dots12|colSpan|ZodError|CSV_RECORD_INCONSISTENT|FST_ERR_HOOK_INVALID_TYPE|ERR_JWKS_NO_MATCHING_KEY|process_cpu_user_seconds_total|unclosed tag|Infinite loop on byte/;
  for (const file of [...own.map((chunk) => `chunks/${chunk}`), "push-cli.js"])
    expect([file, words.exec(text(file))?.[0]]).toEqual([file, undefined]);
});

describe("a costly module is loaded by who needs it only", () => {
  it.each([
    [["--help"], []],
    [["--version"], []],
    [[], []],
    [["broadcast", "--help"], []],
    [["help", "exit-codes"], []],
    [
      ["help", "guarantees"],
      ["cli-table3", "marked"],
    ],
    [["pool", "lst"], []],
    [["pool", "list", "--limit", "x"], []],
    [["broadcast", "t", "--yes", "--no-keywords"], []],
    [["pool", "list", "--redis-url", "redis://127.0.0.1:1"], ["ioredis"]],
    [["broadcast", "t", "--keywords", "a"], ["csv-parse"]],
    [["collector"], []],
    [["collector", "check", "--redis-url", "redis://127.0.0.1:1"], ["ioredis"]],
    [["help", "exit-codes", "--json=code"], []],
    [["help", "exit-codes", "--jq", ".[0]"], ["jq-wasm"]],
    [["__complete", "broadcast", "--"], []],
    [["__complete", "--profile", ""], []],
    [["__complete", "--redis-url", "redis://127.0.0.1:1", "broadcast", "show", ""], ["ioredis"]],
  ])("%j loads %j", async (argv, expected) => {
    expect(await loadedBy(argv)).toEqual(expected);
  });

  it("a configuration file loads zod, and one with a fault what finds its place", async () => {
    writeFileSync(join(cli.folder, "some.json"), "{}");
    const argv = ["--config", "some.json", "--redis-url", "redis://127.0.0.1:1", "pool", "list"];
    expect(await loadedBy(argv)).toEqual(["ioredis", "zod"]);
    writeFileSync(join(cli.folder, "some.json"), '{"appid": 7}');
    expect(await loadedBy(argv)).toEqual(["zod", "jsonc-parser"]);
  });
});
