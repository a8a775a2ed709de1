import { PushCliError } from "../errors.ts";
import { SETTINGS, type SettingKey } from "./setting-keys.ts";

export type Source = "flag" | "env" | "file" | "default";

/** Where a value comes from; `name` is what the user has to look for: --redis-url, PUSH_CLI_REDIS_URL, file and key. */
export interface Origin {
  source: Source;
  name: string;
}

/** A value and where it was given. */
export interface Given {
  value: string;
  origin: Origin;
  /** Why there is no value, after all: the secret's file can't be read, or it is given twice. */
  problem?: PushCliError;
}

/** The error about a value of `key`: a usage error for a flag, else a config error. Undefined when it can be used. */
export function settingProblem(
  key: SettingKey,
  { value, origin, problem: unread }: Given,
): PushCliError | undefined {
  if (unread) return unread;
  const problem = valueProblem(key, value);
  if (problem === undefined) return undefined;
  return new PushCliError(kindOf(origin), `${origin.name}${problem}`, { hint: SETTINGS[key].hint });
}

/** What is wrong with a value of `key`, as a sentence goes on that has named it. Undefined when it can be used. */
export function valueProblem(key: SettingKey, value: string): string | undefined {
  const { problem, fileEnv, redact } = SETTINGS[key];
  const found = problem(value);
  if (found === undefined) return undefined;
  return fileEnv === undefined ? `: "${redact?.(value) ?? value}" ${found}` : ` ${found}`;
}

/** How messages name a place in the file: its keys from the outside in. */
export function fileOrigin(path: string, keys: readonly PropertyKey[]): Origin {
  return { source: "file", name: `"${keys.map(String).join(".")}" in "${path}"` };
}

export function kindOf(origin: Origin): "usage" | "config" {
  return origin.source === "flag" ? "usage" : "config";
}
