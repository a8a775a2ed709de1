import { readFile, stat } from "node:fs/promises";
import { isAbsolute, join, resolve } from "node:path";
import { messageOf } from "../errors.ts";
import type { Io } from "../output/io.ts";
import { type Fault, faultsError, type Position } from "./faults.ts";
import { type Given, type Origin, SettingError } from "./given.ts";
import { findPositions } from "./positions.ts";
import { type ConfigDocument, checkConfig, type Issue } from "./schema.ts";

export const CONFIG_FILE = "push-cli.config.json";

export interface ConfigFile {
  path: string;
  text: string;
  document: ConfigDocument;
  /** It can be read by users other than its owner. */
  exposed: boolean;
}

/**
 * Only the file that `given` names; without it the existing ones, the project's before the user's. If a file can't be looked
 * for, `warn` is called with the reason: cron and sudo start programs in folders that their user may not enter. Rejects with
 * one config error about all faults of all files.
 */
export async function loadConfigFiles(...asked: Parameters<typeof readConfigFiles>): Promise<ConfigFile[]> {
  const { files, faults } = await readConfigFiles(...asked);
  if (faults.length > 0) throw faultsError(faults);
  return files;
}

/** The same, but returns the faults together with the valid files. */
export async function readConfigFiles(
  io: Pick<Io, "env" | "cwd">,
  given: Given | undefined,
  warn: (text: string) => void,
): Promise<{ files: ConfigFile[]; faults: Fault[] }> {
  const files: ConfigFile[] = [];
  const faults: Fault[] = [];
  for (const path of given ? [resolve(io.cwd, given.value)] : configPlaces(io)) {
    if (!given && (await isOutOfSight(path))) {
      warn(`cannot look for "${path}": permission denied`);
      continue;
    }
    const text = (await readText(path, given?.origin))?.replace(/^\ufeff/, "");
    if (text === undefined) continue;
    const checked = await checkText(text, path);
    if (Array.isArray(checked)) faults.push(...checked);
    else files.push({ path, text, document: checked, exposed: ((await stat(path)).mode & 0o077) !== 0 });
  }
  return { files, faults };
}

/** The files to look for without --config: the project's in the working directory, then the user's. */
export function configPlaces({ cwd, env }: Pick<Io, "env" | "cwd">): string[] {
  const paths = [join(cwd, CONFIG_FILE)];
  // The XDG specification requires relative paths to be ignored.
  const xdg = env.XDG_CONFIG_HOME;
  if (xdg && isAbsolute(xdg)) paths.push(join(xdg, "push-cli", CONFIG_FILE));
  else if (env.HOME) paths.push(join(env.HOME, ".config", "push-cli", CONFIG_FILE));
  return [...new Set(paths)];
}

/** Whether the folder can't be searched. A file that exists there and can't be read would hold settings that are missed. */
async function isOutOfSight(path: string): Promise<boolean> {
  const [found] = await Promise.allSettled([stat(path)]);
  return found.status === "rejected" && found.reason.code === "EACCES";
}

async function readText(path: string, given: Origin | undefined): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const missing = code === "ENOENT" || code === "ENOTDIR";
    if (missing && !given) return undefined;
    const reason = missing ? "no such file" : readProblem(error);
    const origin: Origin = given ?? { source: "file", name: "configuration" };
    const others = given ? "" : "; with --config <file>, only that file is read";
    throw new SettingError(origin, `: cannot read "${path}": ${reason}`, {
      hint: `to create a configuration file: push-cli init${others}`,
      cause: error,
    });
  }
}

/** Why reading failed, reworded if Node's message is not clear enough. */
export function readProblem(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "EISDIR") return "is a directory";
  if (code === "EACCES" || code === "EPERM") return "permission denied";
  if (code === "ENOENT" || code === "ENOTDIR") return "no such file";
  return messageOf(error);
}

async function checkText(text: string, path: string): Promise<ConfigDocument | Fault[]> {
  const parsed = await parseJson(text);
  if ("position" in parsed) {
    const hint = "keys and strings need double quotes, and entries are separated by commas";
    return [{ path, position: parsed.position, problem: " is not valid JSON", hint }];
  }
  const checked = await checkConfig(parsed.value);
  return "document" in checked ? checked.document : placeIssues(checked.issues, text, path);
}

/** Parses JSON with optional comments and trailing commas; or returns where it becomes invalid. */
async function parseJson(text: string): Promise<{ value: unknown } | { position: Position | undefined }> {
  try {
    return { value: JSON.parse(text) };
  } catch {
    // V8's own message is not shown: it quotes the text around the error, which may be a secret.
    const positions = await findPositions(text);
    return positions.isJson ? { value: positions.value() } : { position: positions.syntaxError() };
  }
}

/** In the order of the file. */
async function placeIssues(issues: Issue[], text: string, path: string): Promise<Fault[]> {
  const positions = await findPositions(text);
  const faults = issues.map(({ keys, what, ...texts }) => ({
    path,
    position: positions.of(keys, what) ?? { line: 1, column: 1 },
    ...texts,
  }));
  return faults.sort(({ position: a }, { position: b }) => a.line - b.line || a.column - b.column);
}
