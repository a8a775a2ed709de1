import { readFile, stat } from "node:fs/promises";
import { isAbsolute, join, resolve } from "node:path";
import { messageOf, PushCliError } from "../errors.ts";
import type { Io } from "../output/io.ts";
import { type Given, kindOf, type Origin } from "./rules.ts";
import { type ConfigDocument, parseConfig } from "./schema.ts";

export const CONFIG_FILE = "push-cli.config.json";

export interface ConfigFile {
  path: string;
  document: ConfigDocument;
  /** Others than its owner may read it. */
  exposed: boolean;
}

/** The file that `given` names; without it the first there is: here, then in the user's config folder. */
export async function loadConfigFile(
  io: Pick<Io, "env" | "cwd">,
  given: Given | undefined,
): Promise<ConfigFile | undefined> {
  const paths = given ? [resolve(io.cwd, given.value)] : configPaths(io);
  for (const path of paths) {
    const text = await readText(path, given?.origin);
    if (text === undefined) continue;
    const document = await parseConfig(parseJson(text, path), path);
    return { path, document, exposed: ((await stat(path)).mode & 0o077) !== 0 };
  }
  return undefined;
}

/** The places that are looked at without --config, in order. */
export function configPaths({ cwd, env }: Pick<Io, "env" | "cwd">): string[] {
  const paths = [join(cwd, CONFIG_FILE)];
  // The XDG specification: a relative path is to be ignored.
  const xdg = env.XDG_CONFIG_HOME;
  if (xdg && isAbsolute(xdg)) paths.push(join(xdg, "push-cli", CONFIG_FILE));
  else if (env.HOME) paths.push(join(env.HOME, ".config", "push-cli", CONFIG_FILE));
  return paths;
}

async function readText(path: string, given: Origin | undefined): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const missing = code === "ENOENT" || code === "ENOTDIR";
    if (missing && !given) return undefined;
    const reason = missing ? "there is no such file" : readProblem(error);
    const origin: Origin = given ?? { source: "file", name: "configuration" };
    throw new PushCliError(kindOf(origin), `${origin.name}: cannot read "${path}": ${reason}`, {
      hint: "a JSON file of settings; the README shows one",
      cause: error,
    });
  }
}

/** Why reading failed, in words where Node's are not enough. */
export function readProblem(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "EISDIR") return "it is a directory";
  if (code === "EACCES" || code === "EPERM") return "permission denied";
  if (code === "ENOENT" || code === "ENOTDIR") return "there is no such file";
  return messageOf(error);
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, ""));
  } catch (error) {
    // Not V8's own message, and not as cause: it quotes the text around the fault, which may be the secret.
    const position = /at position (\d+)/.exec(messageOf(error))?.[1];
    const before = text.slice(0, Number(position)).split("\n");
    const where = position ? ` (line ${before.length}, column ${(before.at(-1) ?? "").length + 1})` : "";
    throw new PushCliError("config", `"${path}" is not valid JSON${where}`, {
      hint: "keys and text stand in double quotes; no comma after the last entry, no comments",
    });
  }
}
