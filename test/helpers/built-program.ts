import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { join, relative } from "node:path";
import { ROOT } from "../structure/files.ts";

const CACHE = join(ROOT, "node_modules", ".cache", "push-cli", "e2e");

/**
 * The file of the program, built as `npm run build` does, once for the same sources: the test files of a run share it, and so
 * does the next run. Nobody may write there. Two that build at the same time both do, and the second's is thrown away.
 */
export function findBuiltProgram(): string {
  const folder = join(CACHE, hashSources());
  if (!existsSync(folder)) buildInto(folder);
  return join(folder, "dist", "push-cli.js");
}

function hashSources(): string {
  const hash = createHash("sha256").update(process.version);
  for (const file of listSources()) hash.update(`\0${relative(ROOT, file)}\0`).update(readFileSync(file));
  return hash.digest("hex").slice(0, 16);
}

function listSources(): string[] {
  const folders = ["src", "bin"].flatMap((name) =>
    readdirSync(join(ROOT, name), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  return [join(ROOT, "package.json"), join(ROOT, "package-lock.json"), ...folders.sort()];
}

function buildInto(folder: string): void {
  const draft = `${folder}.${process.pid}`;
  mkdirSync(draft, { recursive: true });
  copyFileSync(join(ROOT, "package.json"), join(draft, "package.json"));
  const args = ["run", "--silent", "build", "--", `--outdir=${join(draft, "dist")}`];
  execFileSync("npm", args, { cwd: ROOT, stdio: ["ignore", "ignore", "pipe"] });
  forgetOld();
  try {
    renameSync(draft, folder);
  } catch (error) {
    rmSync(draft, { recursive: true });
    if (!existsSync(folder)) throw error;
  }
}

/** Builds that no run of today can be at work with. */
function forgetOld(): void {
  for (const name of readdirSync(CACHE)) {
    const folder = join(CACHE, name);
    const ageMs = Date.now() - (statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (ageMs > 86_400_000) rmSync(folder, { recursive: true, force: true });
  }
}
