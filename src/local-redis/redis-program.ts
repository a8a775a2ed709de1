import { execFile } from "node:child_process";
import { messageOf, PushCliError } from "../errors.ts";

const PROGRAMS = ["redis-server", "valkey-server"];
const OLDEST = { major: 6, minor: 2 };
const INSTALL_HINT = "install Redis 6.2 or newer, e.g. apt-get install redis-server, or brew install redis";

/**
 * The first of redis-server and valkey-server on PATH that is new enough. Rejects with a PushCliError when there is none;
 * the reason is that of the first one found.
 */
export async function findRedisProgram(): Promise<string> {
  let tooOld: PushCliError | undefined;
  for (const program of PROGRAMS) {
    const text = await readVersion(program);
    const problem = text === undefined ? undefined : versionProblem(program, text);
    if (text !== undefined && problem === undefined) return program;
    tooOld ??= problem;
  }
  throw tooOld ?? noProgram();
}

function noProgram(): PushCliError {
  return new PushCliError("redis", `neither ${PROGRAMS.join(" nor ")} is on PATH`, { hint: INSTALL_HINT });
}

/** The output of `--version`; undefined when there is no such program. */
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

/**
 * Reads `Redis server v=7.0.15 sha=...`; Valkey prints the same with its own version numbers, which continue from Redis
 * 7.2.
 */
function versionProblem(program: string, text: string): PushCliError | undefined {
  const [, major, minor] = /\bv=(\d+)\.(\d+)/.exec(text) ?? [];
  const says = (what: string) => new PushCliError("redis", what, { hint: INSTALL_HINT });
  if (major === undefined) return says(`"${program} --version" names no version: "${text.trim()}"`);
  const known = Number(major) * 100 + Number(minor);
  if (known >= OLDEST.major * 100 + OLDEST.minor) return undefined;
  return says(`${program} is version ${major}.${minor}, which is too old`);
}
