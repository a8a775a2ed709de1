import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
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
    file: "src/redis/plan-claim.ts",
    from: "if (claimed) return planClaimed(by, rules, openId, reading, claimed);",
    to: `if (claimed && by.dead.has(claimed.run)) return claimAnew(by, rules, user, reading);
  if (claimed) return planClaimed(by, rules, openId, reading, claimed);`,
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
  const remove = () => {
    process.off("exit", remove);
    rmSync(folder, { recursive: true, force: true });
  };
  process.once("exit", remove);
  try {
    symlinkSync(path.join(root, "node_modules"), path.join(folder, "node_modules"));
    for (const name of ["package.json", "bin", "src"])
      cpSync(path.join(root, name), path.join(folder, name), { recursive: true });
    if (broken) breakProgram(folder, broken);
    await run(process.execPath, ["bin/build.mjs"], { cwd: folder });
    return { file: path.join(folder, "dist", "push-cli.js"), remove };
  } catch (error) {
    remove();
    throw error;
  }
}

function breakProgram(folder: string, name: Break): void {
  const { file, from, to } = BREAKS[name];
  const source = path.join(folder, file);
  const parts = readFileSync(source, "utf8").split(from);
  if (parts.length !== 2)
    throw new Error(`the ${name} to be broken was found ${parts.length - 1} times, not once: ${from}`);
  writeFileSync(source, parts.join(to));
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
