import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { transform } from "esbuild";
import { expect, it } from "vitest";
import { findBuiltProgram } from "../helpers/built-program.ts";
import { ROOT } from "../structure/files.ts";

const built = join(dirname(findBuiltProgram()), "miniprogram");
const read = (name: string) => readFileSync(join(built, name), "utf8");
const SCRIPTS = ["index.js", "push-button/index.js"];

it("is below 8 KB, and its button a little more than 1 KB: a mini program may have 2 MB in all", () => {
  expect(SCRIPTS.map((name) => Buffer.byteLength(read(name)) < (name === "index.js" ? 8192 : 1152))).toEqual([
    true,
    true,
  ]);
});

it.each(SCRIPTS)("has nothing in %s that came after ES2017", async (name) => {
  // Not minified: esbuild would write newer syntax where that is shorter.
  const options = { minify: false, format: "cjs" } as const;
  const asItIs = await transform(read(name), { ...options, target: "esnext" });
  const lowered = await transform(read(name), { ...options, target: "es2017" });
  expect(lowered.code).toBe(asItIs.code);
});

it("requires nothing from elsewhere, and the component has the library of the app", () => {
  const required = SCRIPTS.map((name) =>
    [...read(name).matchAll(/\brequire\("([^"]*)"\)/g)].map(([, of]) => of),
  );
  expect(required).toEqual([[], ["../index.js"]]);
});

it("holds the files of a package and of a component, and no others", () => {
  const files = readdirSync(built, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(built.length + 1))
    .filter((name) => !/^[\w-]+\.d\.ts$/.test(name));
  const component = ["js", "json", "wxml", "wxss"].map((ending) => `push-button/index.${ending}`);
  expect(files.sort()).toEqual(["index.js", ...component].sort());
});

/** As in a project of somebody's: with the platform's own typings beside it, and strict. */
it("has declarations that a project in TypeScript can use, and that know wrong use", () => {
  const folder = mkdtempSync(join(tmpdir(), "push-cli-types-"));
  try {
    const modules = join(folder, "node_modules");
    const installed = join(modules, "push-cli");
    cpSync(built, join(installed, "dist/miniprogram"), { recursive: true });
    cpSync(join(ROOT, "package.json"), join(installed, "package.json"));
    cpSync(join(dirname(built), "package.json"), join(installed, "dist/package.json"));
    symlinkSync(join(ROOT, "node_modules/miniprogram-api-typings"), join(modules, "miniprogram-api-typings"));
    writeFileSync(join(folder, "app.ts"), APP);
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions: COMPILER }));
    const compiler = join(ROOT, "node_modules/typescript/lib/tsc.js");
    const { stdout } = spawnSync(process.execPath, [compiler, "-p", folder], { encoding: "utf8" });
    expect(stdout).toBe("");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

const COMPILER = {
  target: "es2017",
  module: "commonjs",
  moduleResolution: "bundler",
  lib: ["es2017"],
  types: ["miniprogram-api-typings"],
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: false,
  noEmit: true,
};

const APP = `
import { type Collector, createCollector, getCollector, setCollector } from "push-cli";

const collector: Collector = createCollector({
  url: "https://collect.example.com",
  api: wx,
  token: async () => "token",
  maxCodes: 50,
  onProblem: ({ what, detail }) => console.warn(what.toUpperCase(), detail),
});
setCollector(collector);
getCollector()?.add("form-1");
const request = collector.wrapRequest(wx.request);
request({ url: "https://api.example.com/orders", method: "POST", data: {}, success: ({ statusCode }) => statusCode.toFixed() });
collector.askConsents(["a", "b"], { longTerm: ["c"] }).then((result) => {
  result.accepted.join();
  for (const { templateId, status, why } of result.refused) console.log(templateId, status, why);
});
const waiting: number = collector.pending().codes;
// @ts-expect-error a formId is text
collector.add(waiting);
// @ts-expect-error there is no collector without its address
createCollector({});
`;
