import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

export const ROOT = path.resolve(import.meta.dirname, "../..");

/** The files under a folder of the project whose names end in one of `endings`, by path from the root, with their text. */
export function readFiles(folder: string, ...endings: string[]): Map<string, string> {
  const entries = readdirSync(path.join(ROOT, folder), { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)))
    .map((entry) => path.relative(ROOT, path.join(entry.parentPath, entry.name)))
    .sort();
  return new Map(files.map((file) => [file, readFileSync(path.join(ROOT, file), "utf8")]));
}

/** Everything that is compiled or run: src and bin, without declarations. */
export function readSources(): Map<string, string> {
  const all = [...readFiles("src", ".ts"), ...readFiles("bin", ".ts", ".mjs")];
  return new Map(all.filter(([file]) => !file.endsWith(".d.ts")));
}
