/**
 * Builds dist: the program and all that it needs at run time in few files, because resolving and compiling hundreds of
 * small CommonJS modules took twice as long as all that the program does itself. `--outdir=<folder>` builds elsewhere.
 */
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const given = process.argv.find((word) => word.startsWith("--outdir="))?.slice("--outdir=".length);
const outdir = path.resolve(root, given ?? "dist");

const require = createRequire(import.meta.url);

/**
 * `import()` of a bundled CommonJS package gives its default alone; the program takes names out of it, as Node finds them.
 * For ioredis these are names of its files: the cluster client costs as much time as all the rest of it, and only a cluster
 * needs it. (ioredis 6: `Redis.js` requires `./cluster` and does not use it.) Its debug log is switched on by a variable that
 * is none of ours.
 */
const packages = {
  name: "packages",
  setup({ onResolve, onLoad }) {
    const make = (name) => ({ path: name, namespace: "made" });
    onResolve({ filter: /^(ioredis|undici|jsonc-parser)$/ }, ({ path: name, importer, kind }) => {
      if (kind !== "dynamic-import") return undefined;
      const isCluster = importer.endsWith(path.join("redis", "cluster.ts"));
      return make(name === "ioredis" && !isCluster ? "ioredis/built/Redis.js" : name);
    });
    onResolve({ filter: /^\.\/cluster$/ }, ({ importer }) =>
      importer.endsWith(path.join("ioredis", "built", "Redis.js")) ? make("nothing") : undefined,
    );
    onResolve({ filter: /^debug$/ }, () => make("debug"));
    onLoad({ filter: /./, namespace: "made" }, ({ path: name }) => ({
      contents: MADE[name] ?? namesOf(name),
      resolveDir: root,
    }));
  },
};

const MADE = {
  "ioredis/built/Redis.js":
    'import * as all from "./node_modules/ioredis/built/Redis.js"; export const Redis = all.default;',
  nothing: "",
  debug:
    "const debug = () => Object.assign(() => {}, { enabled: false }); module.exports = debug.default = debug;",
};

function namesOf(name) {
  const names = Object.keys(require(name)).filter((key) => /^[A-Za-z]\w*$/.test(key) && key !== "default");
  return `import * as all from ${JSON.stringify(name)}; export const { ${names.join(", ")} } = all;`;
}

const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: ["bin/push-cli.ts"],
  outdir,
  bundle: true,
  splitting: true,
  platform: "node",
  format: "esm",
  target: "node20",
  // Names of functions and classes stay: --debug shows stack traces.
  minifySyntax: true,
  minifyWhitespace: true,
  loader: { ".lua": "text", ".example": "text" },
  chunkNames: "chunks/[name]-[hash]",
  // The bundled CommonJS modules require Node's own.
  banner: {
    js: 'import{createRequire as nodeRequire}from"node:module";const require=nodeRequire(import.meta.url);',
  },
  plugins: [packages],
  logLevel: "warning",
  metafile: true,
});
writeLicenses(Object.keys(metafile.inputs));

/** The licenses of the packages whose code is in the bundle ask to be passed on with it. */
function writeLicenses(inputs) {
  const packages = new Set(
    inputs.flatMap((input) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1] ?? []),
  );
  const texts = [...packages].sort().map((name) => {
    const folder = path.join(root, "node_modules", name);
    const { version, license } = JSON.parse(fs.readFileSync(path.join(folder, "package.json"), "utf8"));
    const file = fs.readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    const text = file ? fs.readFileSync(path.join(folder, file), "utf8").trim() : `License: ${license}`;
    return `${name} ${version}\n\n${text}\n`;
  });
  fs.writeFileSync(path.join(outdir, "THIRD-PARTY-LICENSES.txt"), texts.join(`\n${"-".repeat(80)}\n\n`));
}
