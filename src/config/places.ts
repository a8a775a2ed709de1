import { access, constants, stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { Io } from "../output/io.ts";
import { configPlaces, readProblem } from "./config-file.ts";
import type { Given } from "./given.ts";

/** A path where a configuration file is looked for; a row of `config path`. */
export interface ConfigPlace {
  file: string;
  /** Whose file it is, or what names it: the project's, the user's, --config, its variable. */
  kind: string;
  found: boolean;
  /** Why it is not read: it doesn't exist, or may not be searched for or read. */
  problem?: string;
}

/**
 * Where configuration files are looked for, in order of precedence: only the one that is named, or the two standard ones.
 */
export async function surveyPlaces(
  io: Pick<Io, "env" | "cwd">,
  only: Given | undefined,
): Promise<ConfigPlace[]> {
  if (only) return [await survey(resolve(io.cwd, only.value), only.origin.name)];
  const kinds = ["project", "user"];
  return Promise.all(configPlaces(io).map((file, i) => survey(file, kinds[i] ?? "user")));
}

async function survey(file: string, kind: string): Promise<ConfigPlace> {
  try {
    if ((await stat(file)).isDirectory()) return { file, kind, found: false, problem: "is a directory" };
    await access(file, constants.R_OK);
    return { file, kind, found: true };
  } catch (error) {
    const problem = readProblem(error);
    return { file, kind, found: false, problem: problem === "no such file" ? "not found" : problem };
  }
}
