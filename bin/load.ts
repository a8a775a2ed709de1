import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Script } from "node:vm";

interface Module {
  exports: object;
}

type Load = (
  exports: object,
  require: (id: string) => unknown,
  module: Module,
  filename: string,
  dirname: string,
) => void;

const loaded = new Map<string, Module>();

/**
 * Loads a file of dist/chunks, as `require` does, with the code that V8 compiled at the build, which takes half as long
 * as compiling. V8 rejects code compiled by another version or with other flags, and then compiles again.
 */
export function loadChunk(name: string): object {
  const before = loaded.get(name);
  if (before) return before.exports;
  const module = { exports: {} };
  loaded.set(name, module);
  const folder = join(__dirname, "chunks");
  const filename = join(folder, name);
  const text = readFileSync(filename);
  const cachedData = readCache(filename, text);
  const source = `(function(exports,require,module,__filename,__dirname){${text}\n})`;
  const script = new Script(source, { filename, ...(cachedData ? { cachedData } : {}) });
  const requireFrom = (id: string) => (id.startsWith("./") ? loadChunk(id.slice(2)) : require(id));
  (script.runInThisContext() as Load)(module.exports, requireFrom, module, filename, folder);
  return module.exports;
}

/**
 * The cache begins with the text that it was made from, because V8 only compares the length. Undefined when the text
 * differs, or when another Node has made it. (Comparing modification times would depend on npm's order of unpacking.)
 */
function readCache(filename: string, text: Buffer): Buffer | undefined {
  try {
    const cache = readFileSync(`${filename}.${process.version}-${process.arch}.cache`);
    return cache.subarray(0, text.length).equals(text) ? cache.subarray(text.length) : undefined;
  } catch {
    return undefined; // ENOENT, or EACCES: treated as missing
  }
}
