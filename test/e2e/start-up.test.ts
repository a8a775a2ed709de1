import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { type RunOptions, useBuiltCli } from "./built-cli.ts";

const cli = useBuiltCli();
const COSTLY = ["ioredis", "undici", "ora", "cli-table3", "zod", "csv-parse", "jsonc-parser"];
let log: string;
let hooks: string;

/** A loader that notes every module that is resolved, by import() and by import. */
beforeAll(() => {
  log = join(cli.folder, "modules.log");
  hooks = join(cli.folder, "register.mjs");
  const note = `import { appendFileSync } from "node:fs";
export async function resolve(name, context, next) {
  appendFileSync(${JSON.stringify(log)}, name + "\\n");
  return next(name, context);
}`;
  writeFileSync(join(cli.folder, "hooks.mjs"), note);
  writeFileSync(hooks, `import { register } from "node:module"; register("./hooks.mjs", import.meta.url);`);
});

async function loadedBy(argv: string[], options: RunOptions = {}): Promise<string[]> {
  writeFileSync(log, "");
  const args = ["--import", pathToFileURL(hooks).href, cli.program, ...argv];
  const { stdout, stderr } = await cli.spawn(process.execPath, args, { stdin: "", ...options }).done;
  expect(stdout + stderr).not.toBe("");
  const names = readFileSync(log, "utf8").split("\n");
  expect(names).toContain("commander");
  return COSTLY.filter((name) => names.some((loaded) => loaded === name || loaded.startsWith(`${name}/`)));
}

describe("a costly module is loaded by who needs it only", () => {
  it.each([
    [["--help"], []],
    [["--version"], []],
    [[], []],
    [["broadcast", "--help"], []],
    [["help", "exit-codes"], []],
    [["pool", "lst"], []],
    [["pool", "list", "--limit", "x"], []],
    [["broadcast", "t", "--yes", "--no-keywords"], []],
    [["pool", "list", "--redis-url", "redis://127.0.0.1:1"], ["ioredis"]],
    [["broadcast", "t", "--keywords", "a"], ["csv-parse"]],
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
