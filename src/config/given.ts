import { type ErrorDetails, PushCliError } from "../errors.ts";
import { SETTINGS, type SettingKey } from "./setting-keys.ts";

export type Source = "flag" | "env" | "file" | "default";

/**
 * Where a value comes from; `name` is what the user has to search for: --redis-url, PUSH_CLI_REDIS_URL, file and key.
 */
export interface Origin {
  source: Source;
  name: string;
  /** For a value from a file: its path, and the keys that lead to the value, from the outside in. */
  place?: { path: string; keys: readonly string[] };
}

/** A value and its origin. */
export interface Given {
  value: string;
  origin: Origin;
  /** Why the value is missing after all: the secret's file can't be read, or it is set twice. */
  problem?: PushCliError;
}

/**
 * An invalid value: a usage error for a flag, otherwise a config error. `problem`: the continuation of the sentence.
 */
export class SettingError extends PushCliError {
  readonly origin: Origin;

  constructor(origin: Origin, problem: string, details: ErrorDetails = {}) {
    super(origin.source === "flag" ? "usage" : "config", `${origin.name}${problem}`, details);
    this.origin = origin;
  }
}

/** The error about a value of `key`; undefined when it is valid. */
export function settingProblem(
  key: SettingKey,
  { value, origin, problem: unread }: Given,
): PushCliError | undefined {
  if (unread) return unread;
  const problem = valueProblem(key, value);
  if (problem === undefined) return undefined;
  return new SettingError(origin, problem, { hint: SETTINGS[key].hint });
}

/** The problem of a value of `key`, as the continuation of a sentence that has named it. Undefined when it is valid. */
export function valueProblem(key: SettingKey, value: string): string | undefined {
  const { problem, fileEnv, redact } = SETTINGS[key];
  const found = problem(value);
  if (found === undefined) return undefined;
  return fileEnv === undefined ? `: "${redact?.(value) ?? value}" ${found}` : ` ${found}`;
}

/** How messages name a position in the file: its keys from the outside in. */
export function fileOrigin(path: string, keys: readonly string[]): Origin {
  return { source: "file", name: `"${keys.join(".")}" in "${path}"`, place: { path, keys } };
}
