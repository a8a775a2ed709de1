import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A build of push-cli. */
export interface Program {
  /** To be run with node. */
  readonly file: string;
  remove(): void;
}

/**
 * What a broken build does otherwise: the taking-over of a dead run's claim with its same code, which is what keeps a
 * kill from costing or doubling a message.
 */
const BREAKS = {
  takeover: {
    from: "if is_listed(dead, claimed.run) then return take_over(pool, ledger, claimed) end",
    to: "if is_listed(dead, claimed.run) then return nil end",
  },
} as const;

export type Break = keyof typeof BREAKS;

export function isBreak(name: string): name is Break {
  return Object.hasOwn(BREAKS, name);
}

/**
 * Builds the program as `npm run build` does, but into a folder of its own: others may build, or test a build, at the
 * same time. With `broken`, the program is not quite what its sources say.
 */
export async function buildProgram(root: string, broken?: Break): Promise<Program> {
  const folder = mkdtempSync(path.join(os.tmpdir(), "push-cli-chaos-"));
  const dist = path.join(folder, "dist");
  const remove = () => {
    process.off("exit", remove);
    rmSync(folder, { recursive: true, force: true });
  };
  process.once("exit", remove);
  try {
    symlinkSync(path.join(root, "node_modules"), path.join(folder, "node_modules"));
    writeFileSync(path.join(folder, "package.json"), '{"type":"module"}');
    await run(process.execPath, ["bin/build.mjs", `--outdir=${dist}`], { cwd: root });
    if (broken) breakProgram(dist, broken);
    return { file: path.join(dist, "push-cli.js"), remove };
  } catch (error) {
    remove();
    throw error;
  }
}

function breakProgram(dist: string, name: Break): void {
  const { from, to } = BREAKS[name];
  let matches = 0;
  for (const file of scripts(dist)) {
    const parts = readFileSync(file, "utf8").split(from);
    matches += parts.length - 1;
    if (parts.length > 1) writeFileSync(file, parts.join(to));
  }
  if (matches !== 1)
    throw new Error(`the ${name} to be broken was found ${matches} times, not once: ${from}`);
}

function scripts(dist: string): string[] {
  const entries = readdirSync(dist, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(".js"))
    .map((entry) => path.join(entry.parentPath, entry.name));
}

/** The folder of push-cli's package.json, seen from this file or from a bundle of it. */
export function findRoot(): string {
  for (let folder = import.meta.dirname; folder !== path.dirname(folder); folder = path.dirname(folder)) {
    if (isRoot(folder)) return folder;
  }
  throw new Error(`no push-cli project around ${import.meta.dirname}`);
}

function isRoot(folder: string): boolean {
  try {
    return JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8")).name === "push-cli";
  } catch {
    return false;
  }
}
