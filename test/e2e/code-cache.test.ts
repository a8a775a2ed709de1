import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, it } from "vitest";
import { useBuiltCli } from "./built-cli.ts";

const cli = useBuiltCli();
const ARGV = ["pool", "show", "x", "--redis-url", "redis://127.0.0.1:1"];
const FILES = ["chunk.js", "ioredis.js", "program.js", "rest.js"];
const HELP = "Print the version";
let copies = 0;
let chunks: string;
let program: string;
let note: string;

beforeEach(() => {
  const folder = join(cli.folder, `copy ${copies++}`);
  mkdirSync(folder);
  cpSync(join(cli.program, ".."), join(folder, "dist"), { recursive: true });
  program = join(folder, "dist", "push-cli.js");
  chunks = join(folder, "dist", "chunks");
  note = join(folder, "note.cjs");
  writeFileSync(
    note,
    `const vm = require("node:vm");
const { basename } = require("node:path");
const { Script } = vm;
vm.Script = class extends Script {
  constructor(source, options) {
    super(source, options);
    process.stdout.write(basename(options.filename) + " " + this.cachedDataRejected + "\\n");
  }
};`,
  );
});

/** What became of the caches: false where V8 took one, true where it did not, undefined where none was offered. */
async function loads(argv: string[], flags: string[] = []) {
  const { code, stdout, stderr } = await cli.spawn(
    process.execPath,
    [...flags, "--require", note, program, ...argv],
    { stdin: "" },
  ).done;
  const lines = stdout.matchAll(/^([\w-]+\.js) (true|false|undefined)$/gm);
  return {
    code,
    stdout,
    stderr,
    caches: Object.fromEntries([...lines].map(([, file, word]) => [file, word])),
  };
}

function cacheOf(file: string): string {
  const [found] = readdirSync(chunks).filter((name) => name.startsWith(`${file}.v`));
  return join(chunks, found!);
}

const all = (word: string) => Object.fromEntries(FILES.map((file) => [file, word]));
const CANT_REACH = { code: 6, stderr: expect.stringMatching(/^error: can't reach Redis/) };

it("what was compiled at the build is taken", async () => {
  expect(await loads(ARGV)).toMatchObject({ ...CANT_REACH, caches: all("false") });
  expect(await loads(["--help"])).toMatchObject({ code: 0, stdout: expect.stringContaining(HELP) });
});

it("another Node finds none", async () => {
  for (const file of FILES) {
    const cache = cacheOf(file);
    renameSync(cache, cache.replace(process.version, "v20.0.0"));
  }
  expect(await loads(ARGV)).toMatchObject({ ...CANT_REACH, caches: all("undefined") });
});

it("V8 with other flags compiles for itself", async () => {
  const { caches, ...rest } = await loads(ARGV, ["--no-opt"]);
  expect(rest).toMatchObject(CANT_REACH);
  expect(caches).toEqual(all("true"));
});

it.each([
  ["begins with", (_: number, text: number) => text - 10, "undefined"],
  ["ends with", (size: number) => size - 1000, "true"],
])("of a cache without all that it %s, nothing is taken", async (_, lengthOf, word) => {
  for (const file of FILES) {
    const cache = cacheOf(file);
    truncateSync(cache, lengthOf(statSync(cache).size, statSync(join(chunks, file)).size));
  }
  expect(await loads(ARGV)).toMatchObject({ ...CANT_REACH, caches: all(word) });
});

it("a file that was changed since, though not in its length, is run as it is now", async () => {
  const file = join(chunks, "program.js");
  writeFileSync(file, readFileSync(file, "utf8").replace(HELP, HELP.toUpperCase()));
  const { stdout, caches } = await loads(["--help"]);
  expect(caches["program.js"]).toBe("undefined");
  expect(stdout).toContain(HELP.toUpperCase());
});

it("with nothing left that could wake it, it fails", async () => {
  const deaf = `const fs = require("node:fs/promises"); fs.readFile = () => new Promise(() => undefined);`;
  writeFileSync(note, deaf);
  const { code, stderr } = await loads(ARGV);
  expect(code).toBe(1);
  expect(stderr).toBe("error: unexpected error: push-cli is waiting for something that will never happen\n");
});
