import { type ErrorDetails, PushCliError } from "../errors.ts";
import { SETTINGS, type SettingKey } from "./setting-keys.ts";

export type Source = "flag" | "env" | "file" | "default";

/** Where a value comes from; `name` is what the user has to look for: --redis-url, PUSH_CLI_REDIS_URL, file and key. */
export interface Origin {
  source: Source;
  name: string;
  /** Of what a file gives: its path, and the keys that lead to the value, from the outside in. */
  place?: { path: string; keys: readonly string[] };
}

/** A value and where it was given. */
export interface Given {
  value: string;
  origin: Origin;
  /** Why there is no value, after all: the secret's file can't be read, or it is given twice. */
  problem?: PushCliError;
}

/** What is wrong with a value: a usage error for a flag, else a config error. `problem`: as the sentence goes on. */
export class SettingError extends PushCliError {
  readonly origin: Origin;

  constructor(origin: Origin, problem: string, details: ErrorDetails = {}) {
    super(origin.source === "flag" ? "usage" : "config", `${origin.name}${problem}`, details);
    this.origin = origin;
  }
}

/** The error about a value of `key`; undefined when it can be used. */
export function settingProblem(
  key: SettingKey,
  { value, origin, problem: unread }: Given,
): PushCliError | undefined {
  if (unread) return unread;
  const problem = valueProblem(key, value);
  if (problem === undefined) return undefined;
  return new SettingError(origin, problem, { hint: SETTINGS[key].hint });
}

/** What is wrong with a value of `key`, as a sentence goes on that has named it. Undefined when it can be used. */
export function valueProblem(key: SettingKey, value: string): string | undefined {
  const { problem, fileEnv, redact } = SETTINGS[key];
  const found = problem(value);
  if (found === undefined) return undefined;
  return fileEnv === undefined ? `: "${redact?.(value) ?? value}" ${found}` : ` ${found}`;
}

/** How messages name a place in the file: its keys from the outside in. */
export function fileOrigin(path: string, keys: readonly string[]): Origin {
  return { source: "file", name: `"${keys.join(".")}" in "${path}"`, place: { path, keys } };
}
