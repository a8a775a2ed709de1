import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { transform } from "esbuild";
import { expect, it } from "vitest";
import { findBuiltProgram } from "../helpers/built-program.ts";

const built = join(dirname(findBuiltProgram()), "miniprogram");
const read = (name: string) => readFileSync(join(built, name), "utf8");
const SCRIPTS = ["index.js", "push-button/index.js"];

it("is below 8 KB: a mini program may have 2 MB in all", () => {
  const bytes = SCRIPTS.reduce((sum, name) => sum + Buffer.byteLength(read(name)), 0);
  expect(bytes).toBeLessThan(8192);
});

it.each(SCRIPTS)("has nothing in %s that came after ES2017", async (name) => {
  const options = { minify: true, format: "cjs" } as const;
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
