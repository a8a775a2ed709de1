/**
 * Plugins for esbuild that remove or defer the parts of packages that take long to load at start-up and are not needed then.
 */
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

const require = createRequire(import.meta.url);

/** Node's own modules that take up to 4 ms each to load, or load others that do. */
const LATER = /^(?:node:)?(assert|child_process|crypto|dns|fs\/promises|http|tls|tty|zlib)$/;

/** Loads some of Node's own modules on first use, instead of together with a file that imports them. */
export const later = {
  name: "later",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: LATER }, ({ path: name, namespace, kind }) =>
      namespace === "later" || kind === "dynamic-import"
        ? { path: name, external: true }
        : { path: name, namespace: "later" },
    );
    onLoad({ filter: /./, namespace: "later" }, ({ path: name }) => ({ contents: sourceOfLater(name) }));
  },
};

function sourceOfLater(name) {
  const given = require(name);
  const load = `require(${JSON.stringify(name)})`;
  const parts = Object.keys(given).map((key) => `get ${key}() { return ${load}.${key}; }`);
  const getters = `{ ${parts.join(", ")} }`;
  if (typeof given !== "function") return `module.exports = ${getters};`;
  const call = `(...args) => ${load}(...args)`;
  return `module.exports = Object.defineProperties(${call}, Object.getOwnPropertyDescriptors(${getters}));`;
}

/**
 * ioredis 6. `Redis.js` requires `./cluster` and does not use it. The debug log is enabled by a variable that push-cli does
 * not use. As JSON, the table of commands is parsed in a tenth of the time. Setting methods for 300 commands one after the
 * other on the prototype of a class takes 15 ms; on an object without a prototype, which then becomes the prototype's own,
 * 0.6.
 */
export const lighter = {
  name: "lighter",
  setup({ onResolve, onLoad }) {
    const make = (name) => ({ path: name, namespace: "made" });
    onResolve({ filter: /^\.\/cluster$/ }, ({ importer }) =>
      importer.endsWith(path.join("ioredis", "built", "Redis.js")) ? make("nothing") : undefined,
    );
    onResolve({ filter: /^debug$/ }, () => make("debug"));
    onLoad({ filter: /./, namespace: "made" }, ({ path: name }) => ({ contents: MADE[name] }));
    onLoad({ filter: /[\\/]@ioredis[\\/]commands[\\/]built[\\/]commands\.json$/ }, ({ path: file }) => ({
      contents: `module.exports = JSON.parse(${JSON.stringify(JSON.stringify(require(file)))});`,
    }));
    onLoad({ filter: /[\\/]ioredis[\\/]built[\\/]utils[\\/]Commander\.js$/ }, ({ path: file }) => ({
      contents: withTable(fs.readFileSync(file, "utf8")),
    }));
  },
};

const MADE = {
  nothing: "",
  debug:
    "const debug = () => Object.assign(() => {}, { enabled: false }); module.exports = debug.default = debug;",
};

const LOOP = "commands.forEach(function (commandName) {";
const LOOP_END = "\n});\n";

/** Commander.js with the commands' methods in a table of their own, from which its prototype inherits. */
function withTable(source) {
  const start = source.indexOf(LOOP);
  const end = source.indexOf(LOOP_END, start) + LOOP_END.length;
  const loop = source.slice(start, end);
  const sets = loop.match(/Commander\.prototype\[/g)?.length;
  if (start < 0 || sets !== 2) throw new Error("Commander.js of ioredis is not as it was");
  return [
    source.slice(0, start),
    "const table = Object.create(null);\n",
    loop.replaceAll("Commander.prototype[", "table["),
    "Object.setPrototypeOf(table, Object.prototype);\nObject.setPrototypeOf(Commander.prototype, table);\n",
    source.slice(end),
  ].join("");
}
