import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ROOT } from "../structure/files.ts";
import { runNpm } from "./npm.ts";

const folder = mkdtempSync(path.join(os.tmpdir(), "push-cli-pack-"));
const empty = path.join(folder, "empty");
let tarball: string;

beforeAll(async () => {
  const copy = copyProject(path.join(folder, "clone"));
  const pack = await runNpm("npm", ["pack", "--pack-destination", folder], copy);
  expect(pack).toMatchObject({ code: 0 });
  tarball = path.join(folder, readdirSync(folder).find((name) => name.endsWith(".tgz")) as string);
  mkdirSync(empty);
  const flags = ["--prefer-offline", "--no-audit", "--no-fund"];
  expect(await runNpm("npm", ["install", tarball, ...flags], empty)).toMatchObject({ code: 0 });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Packing builds: that must not happen under the feet of tests that run the built program at the same time. */
function copyProject(copy: string): string {
  const names = ["package.json", "package-lock.json", ".npmrc", "README.md", "LICENSE", "bin", "src", "test"];
  for (const name of names) {
    if (existsSync(path.join(ROOT, name)))
      cpSync(path.join(ROOT, name), path.join(copy, name), { recursive: true });
  }
  symlinkSync(path.join(ROOT, "node_modules"), path.join(copy, "node_modules"));
  return copy;
}

it("packs what is needed at run time and nothing else", () => {
  const files = execFileSync("tar", ["-tzf", tarball], { encoding: "utf8" }).trim().split("\n");
  const isNeeded =
    /^package\/(package\.json|README\.md|LICENSE|dist\/(push-cli\.js|push-cli\.schema\.json|package\.json|THIRD-PARTY-LICENSES\.txt|chunks\/([\w-]+\.js(\.v[\w.-]+\.cache)?|build\/jq\.wasm)|man\/push-cli\.1|help\/(zh-CN\/)?[\w-]+\.md|miniprogram\/(push-button\/index\.(js|json|wxml|wxss)|[\w-]+\.d\.ts|index\.js)))$/;
  expect(files.filter((file) => !isNeeded.test(file))).toEqual([]);
  expect(files).toContain("package/dist/push-cli.js");
  expect(files).toContain("package/LICENSE");
  expect(files).toContain("package/dist/push-cli.schema.json");
  for (const page of ["guarantees", "zh-CN/guarantees"])
    expect(files).toContain(`package/dist/help/${page}.md`);
  // What "build npm" of the developer tools copies.
  const { miniprogram } = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8"));
  const component = ["js", "json", "wxml", "wxss"].map((ending) => `push-button/index.${ending}`);
  for (const name of ["index.js", "index.d.ts", ...component])
    expect(files).toContain(`package/${miniprogram}/${name}`);
});

it("brings what it needs at run time along, and the licenses of that", () => {
  const installed = readdirSync(path.join(empty, "node_modules")).filter((name) => !name.startsWith("."));
  expect(installed).toEqual(["push-cli"]);
  const dist = path.join(empty, "node_modules", "push-cli", "dist");
  const licenses = readFileSync(path.join(dist, "THIRD-PARTY-LICENSES.txt"), "utf8");
  for (const name of [
    "commander",
    "ioredis",
    "undici",
    "ora",
    "cli-table3",
    "zod",
    "csv-parse",
    "jsonc-parser",
    "jq-wasm",
    "marked",
  ])
    expect(licenses).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+\\S*\\n\\n.*(MIT|Copyright)`, "ms"));
  // They are in the WebAssembly.
  for (const owner of ["Stephen Dolan", "Lucent", "International Business Machines", "K.Kosako"])
    expect(licenses).toContain(owner);
});

it("works by npx where it was installed from the tarball", async () => {
  const { version } = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8"));
  // --no-install: never fetch something else of that name.
  const asked = await runNpm("npx", ["--no-install", "push-cli", "--version"], empty);
  expect([asked.code, asked.stdout]).toEqual([0, `${version}\n`]);
  const help = await runNpm("npx", ["--no-install", "push-cli", "--help"], empty);
  expect(help.code).toBe(0);
  expect(help.stdout).toContain("Usage: push-cli");
});

it("has the manual with it", async () => {
  const words = ["--no-install", "push-cli", "help", "guarantees", "--lang", "en"];
  const { code, stdout } = await runNpm("npx", words, empty);
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^Guarantees.*\n=+\n/)]);
});

it("has the manual in Chinese with it", async () => {
  const words = ["--no-install", "push-cli", "help", "guarantees", "--lang", "zh-CN"];
  const { code, stdout } = await runNpm("npx", words, empty);
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^保证.*\n=+\n/)]);
});

it("has jq with it", async () => {
  const words = ["--no-install", "push-cli", "help", "exit-codes", "--jq", ".[0] | .name"];
  expect(await runNpm("npx", words, empty)).toMatchObject({ code: 0, stdout: "done\n" });
});

it("finds the packages that it loads on first use", async () => {
  const demo = await runNpm("npx", ["--no-install", "push-cli", "demo"], empty);
  expect(demo.stderr).not.toContain("ERR_MODULE_NOT_FOUND");
  expect(demo).toMatchObject({ code: 0 });
});
