/**
 * Builds the client library for mini programs: the folder named as `miniprogram` in package.json, which the developer tools'
 * "build npm" copies (https://developers.weixin.qq.com/miniprogram/dev/devtools/npm.html). CommonJS, as `require` there
 * expects, and ES2017, which is supported by engines older than the developer tools' own compiler.
 */
import { execFile } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";

const BUTTON = "push-button";

/**
 * The component loads the library as a file beside it: both must share one module, or each would have a collector of its own.
 */
const libraryApart = {
  name: "library-apart",
  setup({ onResolve }) {
    onResolve({ filter: /^\.\.\/index\.ts$/ }, () => ({ path: "../index.js", external: true }));
  },
};

export async function buildClient(root, outdir) {
  const source = path.join(root, "src/client");
  const target = path.join(outdir, "miniprogram");
  fs.mkdirSync(path.join(target, BUTTON), { recursive: true });
  const options = {
    absWorkingDir: root,
    bundle: true,
    platform: "neutral",
    target: "es2017",
    minify: true,
    charset: "utf8",
    logLevel: "warning",
  };
  const button = {
    entryPoints: [path.join(source, BUTTON, "index.ts")],
    outfile: path.join(target, BUTTON, "index.js"),
    format: "cjs",
    plugins: [libraryApart],
  };
  await Promise.all([
    declare(root, target),
    buildLibrary({ ...options, entryPoints: [path.join(source, "index.ts")] }, path.join(target, "index.js")),
    build({ ...options, ...button }),
  ]);
  for (const name of ["index.json", "index.wxml", "index.wxss"])
    fs.copyFileSync(path.join(source, BUTTON, name), path.join(target, BUTTON, name));
}

/** esbuild's wrapper around CommonJS exports takes 0.4 KB of 8: the exports are few, and all are functions. */
async function buildLibrary(options, file) {
  const { outputFiles } = await build({ ...options, format: "esm", write: false });
  const [text, names] = /^(.*)export\{(.*)\};\s*$/s.exec(outputFiles[0].text).slice(1);
  const exported = names.split(",").map((one) => one.split(" as "));
  const lines = exported.map(([own, name = own]) => `exports.${name}=${own};`);
  fs.writeFileSync(file, `"use strict";${text}${lines.join("")}\n`);
}

/**
 * The declarations, made by the compiler itself. It compiles the sources with src/client/tsconfig.json, so anything missing
 * in ES2017 or a mini program is an error here.
 */
async function declare(root, target) {
  const compiler = path.join(root, "node_modules/typescript/lib/tsc.js");
  const args = [compiler, "-p", "src/client", "--outDir", target];
  await promisify(execFile)(process.execPath, args, { cwd: root }).catch(({ stdout, message }) => {
    throw new Error(stdout || message);
  });
  const needed = new Set();
  trim(target, "index", needed);
  for (const entry of fs.readdirSync(target, { recursive: true }))
    if (entry.endsWith(".d.ts") && !needed.has(entry)) fs.rmSync(path.join(target, entry));
}

/** Compilers before TypeScript 5 don't accept extensions in imports; files that the API does not lead to are removed. */
function trim(target, name, needed) {
  const entry = `${name}.d.ts`;
  if (needed.has(entry)) return;
  needed.add(entry);
  const file = path.join(target, entry);
  const text = fs.readFileSync(file, "utf8").replace(/(from "\.\/[^"]+)\.ts"/g, '$1"');
  fs.writeFileSync(file, text);
  for (const [, next] of text.matchAll(/from "\.\/([^"]+)"/g)) trim(target, next, needed);
}
