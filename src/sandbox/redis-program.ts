import { execFile } from "node:child_process";
import { messageOf, PushCliError } from "../errors.ts";

const PROGRAMS = ["redis-server", "valkey-server"];
const OLDEST = { major: 6, minor: 2 };
const INSTALL_HINT = "install Redis 6.2 or newer, e.g. apt-get install redis-server, or brew install redis";

/** The first of redis-server and valkey-server on PATH. Rejects with a PushCliError when there is none, or it is too old. */
export async function findRedisProgram(): Promise<string> {
  for (const program of PROGRAMS) {
    const text = await readVersion(program);
    if (text === undefined) continue;
    requireVersion(program, text);
    return program;
  }
  throw new PushCliError("redis", `neither ${PROGRAMS.join(" nor ")} is on PATH`, { hint: INSTALL_HINT });
}

/** What `--version` prints, undefined when there is no such program. */
function readVersion(program: string): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    execFile(program, ["--version"], { timeout: 10_000 }, (error, stdout) => {
      if (error === null) resolve(stdout);
      else if (error.code === "ENOENT") resolve(undefined);
      else
        reject(
          new PushCliError("redis", `"${program} --version" failed: ${messageOf(error)}`, { cause: error }),
        );
    });
  });
}

/** Reads `Redis server v=7.0.15 sha=...`; Valkey prints the same with its own numbers, which go on from Redis 7.2. */
function requireVersion(program: string, text: string): void {
  const [, major, minor] = /\bv=(\d+)\.(\d+)/.exec(text) ?? [];
  const version = `${major}.${minor}`;
  if (major === undefined) {
    throw new PushCliError("redis", `"${program} --version" names no version: "${text.trim()}"`, {
      hint: INSTALL_HINT,
    });
  }
  if (Number(major) > OLDEST.major || (Number(major) === OLDEST.major && Number(minor) >= OLDEST.minor))
    return;
  throw new PushCliError("redis", `${program} is version ${version}, which is too old`, {
    hint: INSTALL_HINT,
  });
}
