import { type ChildProcess, spawn } from "node:child_process";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { chown, readdir } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach } from "vitest";
import { ROOT } from "../structure/files.ts";

/** A small project with the real set-up in it, where the only tools on PATH are the ones a test puts there. */
export interface Clone {
  root: string;
  /** Puts a shell script on PATH; it logs its name and arguments first. */
  addTool(name: string, script: string): void;
  /** Starts bin/setup.mjs. */
  start(options?: { uid?: number; env?: Record<string, string>; args?: string[] }): Run;
  write(file: string, text: string): void;
  /** The tools called so far, with their arguments, and forgets them. */
  takeCalls(): string[];
  /** Hands the whole clone to another user. */
  giveTo(uid: number): Promise<void>;
}

export interface Run {
  child: ChildProcess;
  done: Promise<{ code: number | null; stdout: string; stderr: string }>;
}

/** Does what npm would, as far as the set-up looks; waits for the file $HOLD if there is one. */
const NPM = `while test -n "$HOLD" -a ! -e "$HOLD"; do sleep 0.05; done
case "$1" in
  ci) rm -rf node_modules; mkdir -p node_modules ;;
  run) mkdir -p dist; echo "built" > dist/push-cli.js ;;
esac`;

export const REDIS = 'echo "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=0"';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A folder that is gone after the test. */
export function makeFolder(): string {
  const folder = realpathSync(mkdtempSync(path.join(os.tmpdir(), "push-cli-test-")));
  folders.push(folder);
  return folder;
}

/** A fresh clone, with an npm and a recent redis-server on its PATH. */
export function makeClone(): Clone {
  const folder = makeFolder();
  const root = path.join(folder, "clone");
  const tools = path.join(folder, "tools");
  const log = path.join(folder, "calls.log");
  const clone: Clone = {
    root,
    addTool: (name, script) => addTool(path.join(tools, name), script),
    start: ({ uid, env, args = [] } = {}) =>
      start(root, args, { PATH: tools, LOG: log, TOOLS: tools, ...env }, uid),
    write: (file, text) => {
      mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
      writeFileSync(path.join(root, file), text);
    },
    takeCalls: () => {
      const calls = readFileSync(log, "utf8").split("\n").slice(0, -1);
      writeFileSync(log, "");
      return calls;
    },
    giveTo: (uid) => giveTo(folder, uid),
  };
  for (const file of ["setup.mjs", "setup"])
    cpSync(path.join(ROOT, "bin", file), path.join(root, "bin", file), { recursive: true });
  clone.write("package.json", JSON.stringify({ engines: { node: ">=20" } }));
  clone.write("package-lock.json", "{}");
  clone.write("bin/push-cli.ts", "");
  clone.write("src/deep/a.ts", "1");
  mkdirSync(tools);
  writeFileSync(log, "");
  clone.addTool("npm", NPM);
  clone.addTool("redis-server", REDIS);
  clone.takeCalls();
  return clone;
}

function addTool(file: string, script: string): void {
  writeFileSync(file, `#!/bin/sh\nPATH=/usr/bin:/bin\necho "\${0##*/} $*" >> "$LOG"\n${script}\n`);
  chmodSync(file, 0o755);
}

function start(root: string, args: string[], env: Record<string, string>, uid?: number): Run {
  const as = uid === undefined ? {} : { uid, gid: uid };
  const child = spawn(process.execPath, ["bin/setup.mjs", ...args], { cwd: root, env, ...as });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (part) => (stdout += part));
  child.stderr.on("data", (part) => (stderr += part));
  const done = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
  return { child, done };
}

async function giveTo(folder: string, uid: number): Promise<void> {
  const entries = await readdir(folder, { recursive: true });
  for (const entry of ["", ...entries]) await chown(path.join(folder, entry), uid, uid);
}
