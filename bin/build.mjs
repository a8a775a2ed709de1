/**
 * Builds dist: a first file that answers simple commands by itself, the program in one file, and a file for each package that
 * takes long to load. Few files, because finding and compiling hundreds of small modules took twice as long as everything the
 * program itself does. Also builds the client library for mini programs. `--outdir=<folder>` builds elsewhere.
 */
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build, transform } from "esbuild";
import { makeCaches } from "./build/cache.mjs";
import { buildClient } from "./build/client.mjs";
import { later, lighter } from "./build/lighter.mjs";
import { buildManPage } from "./build/man-page.mjs";
import { buildSchema } from "./build/schema.mjs";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const given = process.argv.find((word) => word.startsWith("--outdir="))?.slice("--outdir=".length);
const outdir = path.resolve(root, given ?? "dist");

/** File names in dist/chunks, by the name in the program's import. */
const FILES = {
  ioredis: "ioredis",
  // The cluster client takes as long to load as the rest of ioredis, and is only needed for a cluster.
  "ioredis in src/redis/cluster.ts": "ioredis-cluster",
  undici: "undici",
  ora: "ora",
  "cli-table3": "cli-table3",
  zod: "zod",
  "csv-parse/sync": "csv-parse",
  "jsonc-parser": "jsonc-parser",
  jose: "jose",
  "prom-client": "prom-client",
  saxes: "saxes",
  "jq-wasm": "jq-wasm",
  marked: "marked",
};

const PROGRAM = `
export { processIo } from "./src/output/process-io.ts";
export { main } from "./src/main.ts";`;

/** Setting up Node's loader of ES modules takes longer than all of `--version`. */
const AS_COMMONJS = { format: "cjs", supported: { "dynamic-import": false } };

/** Files beside the program are located by the CommonJS name for its folder. */
const FOLDER = { define: { "import.meta.dirname": "__dirname" } };

const OPTIONS = {
  absWorkingDir: root,
  bundle: true,
  platform: "node",
  ...AS_COMMONJS,
  target: "node20",
  minify: true,
  loader: { ".lua": "text", ".example": "text", ".script": "text" },
  logLevel: "warning",
  metafile: true,
};

/**
 * Redirects the program's import() of packages to files of their own, and those of its own modules to one module that
 * contains them all: the program is in two files, one with what the help needs and one with the rest. (Files for each group
 * of commands were tried: their shared code makes a dozen more, which cost what is saved.)
 */
const apart = {
  name: "apart",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^\./ }, ({ importer, kind }) =>
      kind === "dynamic-import" && importer.startsWith(path.join(root, "src"))
        ? { path: "rest", namespace: "rest" }
        : undefined,
    );
    onLoad({ filter: /./, namespace: "rest" }, () => ({
      contents: sourceOfRest(),
      loader: "ts",
      resolveDir: root,
    }));
    onResolve({ filter: /^[a-z]/ }, ({ path: name, importer, kind }) => {
      const place = `${name} in ${path.relative(root, importer)}`;
      const file = kind === "dynamic-import" ? (FILES[place] ?? FILES[name]) : undefined;
      return file && { path: `./${file}.js`, external: true };
    });
  },
};

/** Of these packages, the program uses the default export. */
const BY_DEFAULT = ["ora", "cli-table3"];

/** A module with the exports of a package, including those of CommonJS, as Node finds them for `import()`. */
async function sourceOf(name, file) {
  if (file === "ioredis")
    return 'import * as all from "ioredis/built/Redis.js"; export const Redis = all.default;';
  // The package's ES module form finds its WebAssembly by a URL that CommonJS does not have.
  if (name === "jq-wasm") return 'module.exports = require("jq-wasm");';
  const names = Object.keys(await import(name)).filter((key) => /^[A-Za-z]\w*$/.test(key));
  const named = names.filter((key) => key !== "default");
  const lines = [`import * as all from ${JSON.stringify(name)};`];
  if (named.length > 0) lines.push(`export const { ${named.join(", ")} } = all;`);
  if (BY_DEFAULT.includes(name)) lines.push(`export { default } from ${JSON.stringify(name)};`);
  // The default export of a CommonJS module is the whole module.
  if (name === "jsonc-parser") lines.push("export default all;");
  return lines.join("\n");
}

/** Re-exports all own modules that the program imports dynamically; no two of their exported names may be equal. */
function sourceOfRest() {
  const modules = new Set();
  for (const entry of fs.readdirSync(path.join(root, "src"), { recursive: true })) {
    if (!entry.endsWith(".ts")) continue;
    const file = path.join(root, "src", entry);
    for (const [, name] of fs.readFileSync(file, "utf8").matchAll(IMPORTED))
      modules.add(path.join(path.dirname(file), name));
  }
  const names = [...modules].flatMap((file) =>
    [...fs.readFileSync(file, "utf8").matchAll(EXPORTED)].map(([, name]) => name),
  );
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice) throw new Error(`two modules that are imported when needed export ${twice}`);
  return [...modules].map((file) => `export * from ${JSON.stringify(file)};`).join("\n");
}

const IMPORTED = /(?<!typeof )import\("(\.[^"]+)"\)/g;
const EXPORTED = /^export (?:async )?(?:function\*?|const|class) (\w+)/gm;

async function buildAll() {
  const stdin = (contents) => ({ contents, resolveDir: root, loader: "js" });
  const packages = Object.entries(FILES).map(async ([place, file]) =>
    build({
      ...OPTIONS,
      stdin: stdin(await sourceOf(place.split(" ")[0], file)),
      outfile: path.join(outdir, "chunks", `${file}.js`),
      plugins: [later, lighter],
      // The other form of jsonc-parser can't be bundled: it passes `require` on.
      ...(file === "jsonc-parser" ? { mainFields: ["module", "main"] } : {}),
    }),
  );
  return Promise.all([
    build({ ...OPTIONS, entryPoints: ["bin/push-cli.ts"], outdir }),
    buildProgram({
      ...OPTIONS,
      stdin: { ...stdin(PROGRAM), sourcefile: "program.js" },
      outdir: path.join(outdir, "chunks"),
      entryNames: "program",
      chunkNames: "[name]",
      plugins: [later, apart],
    }),
    ...packages,
  ]);
}

/** esbuild only splits ES modules, so the result of splitting is converted to CommonJS. */
async function buildProgram(options) {
  const built = await build({ ...options, format: "esm", supported: {}, splitting: true, write: false });
  fs.mkdirSync(options.outdir, { recursive: true });
  for (const { path: file, text } of built.outputFiles) {
    // The exports of all files are getters, which a copy for each import() would only repeat.
    const source = text.replace(/\bimport\(("\.\/[\w-]+\.js")\)/g, "Promise.resolve().then(()=>require($1))");
    const { code } = await transform(source, {
      ...AS_COMMONJS,
      ...FOLDER,
      target: options.target,
      platform: "node",
      minify: true,
    });
    fs.writeFileSync(file, code);
  }
  return built;
}

/** Where the package looks for it: beside its own file. */
function copyJq() {
  const folder = path.join(outdir, "chunks", "build");
  fs.mkdirSync(folder, { recursive: true });
  fs.copyFileSync(path.join(root, "node_modules/jq-wasm/dist/build/jq.wasm"), path.join(folder, "jq.wasm"));
}

/** The manual, which `push-cli help` reads, and which is useful to readers of the package. */
function copyManual() {
  const from = path.join(root, "src", "help");
  const to = path.join(outdir, "help");
  for (const entry of fs.readdirSync(from, { recursive: true })) {
    if (!entry.endsWith(".md")) continue;
    fs.mkdirSync(path.dirname(path.join(to, entry)), { recursive: true });
    fs.copyFileSync(path.join(from, entry), path.join(to, entry));
  }
}

/** The licenses of the packages whose code is in dist require that they are included. */
function writeLicenses(inputs) {
  const folders = new Set(
    inputs.flatMap((input) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0] ?? []),
  );
  const texts = [...folders].map((input) => {
    const folder = path.join(root, input);
    const { name, version, license } = JSON.parse(fs.readFileSync(path.join(folder, "package.json"), "utf8"));
    const file = fs.readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    const text = file ? fs.readFileSync(path.join(folder, file), "utf8").trim() : `License: ${license}`;
    return `${name} ${version}\n\n${text}\n`;
  });
  // Missing in jq's package: the licenses of jq itself and of its parts.
  texts.push(fs.readFileSync(path.join(root, "bin/build/jq-licenses.txt"), "utf8"));
  const line = `\n${"-".repeat(80)}\n\n`;
  fs.writeFileSync(path.join(outdir, "THIRD-PARTY-LICENSES.txt"), texts.sort().join(line));
}

const [built] = await Promise.all([buildAll(), buildClient(root, outdir), buildSchema(root, outdir)]);
// The package consists of ES modules, like its sources.
fs.writeFileSync(path.join(outdir, "package.json"), '{"type":"commonjs"}\n');
copyJq();
copyManual();
buildManPage(root, outdir);
writeLicenses(built.flatMap(({ metafile }) => Object.keys(metafile.inputs)));
await makeCaches(outdir);
