import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { PushCliError } from "../errors.ts";
import type { Io } from "../output/io.ts";
import { type ConfigFile, readProblem } from "./config-file.ts";
import { fileOrigin, type Given, type Origin, SettingError } from "./given.ts";
import type { PlacedSection } from "./profiles.ts";
import { SECRETS } from "./secrets.ts";
import {
  FLAG_KEYS,
  type FlagKey,
  flagOf,
  SECRET_KEYS,
  SETTING_KEYS,
  SETTINGS,
  type SecretKey,
  type SettingKey,
  secretFileKey,
} from "./setting-keys.ts";

/** The settings from one source; later sources fill in the rest. */
export type Layer = { [key in SettingKey]?: Given };

export function flagLayer(flags: { [key in FlagKey]?: string | undefined }, cwd: string): Layer {
  const layer: Layer = {};
  for (const key of FLAG_KEYS) {
    const value = flags[key];
    if (value !== undefined)
      layer[key] = { value: inFolder(key, value, cwd), origin: { source: "flag", name: flagOf(key) } };
  }
  return layer;
}

/** Resolves a path relative to the folder of its source; any other value is returned unchanged. */
function inFolder(key: SettingKey, value: string, folder: string): string {
  return SETTINGS[key].isPath && value !== "" ? resolve(folder, value) : value;
}

/** An empty variable counts as absent: that is how scripts and compose files unset one. */
export function fromEnv(io: Pick<Io, "env">, name: string): Given | undefined {
  const value = io.env[name]?.trim();
  return value ? { value, origin: { source: "env", name } } : undefined;
}

export async function envLayer(io: Pick<Io, "env" | "cwd">): Promise<Layer> {
  const layer: Layer = {};
  for (const key of SETTING_KEYS) {
    const given = fromEnv(io, SETTINGS[key].env);
    if (given) layer[key] = { ...given, value: inFolder(key, given.value, io.cwd) };
  }
  for (const key of SECRET_KEYS) {
    const { env, fileEnv } = SECRETS[key];
    const file = fromEnv(io, fileEnv);
    if (!file) continue;
    const problem = new PushCliError("config", `${env} and ${fileEnv} are both set`, {
      hint: "unset one of them",
    });
    layer[key] = layer[key]
      ? { ...layer[key], problem }
      : await readSecret(key, resolve(io.cwd, file.value), file.origin);
  }
  return layer;
}

/**
 * The settings of all files, which are in order of precedence. Those of the profile, `own`, override every top level: a
 * requested profile must not be overruled by another file. Does not read the file of a secret that `env` contains.
 */
export async function fileLayer(
  files: readonly ConfigFile[],
  own: readonly PlacedSection[],
  env: Layer,
): Promise<Layer> {
  const tops = files.map((file) => ({ file, section: file.document, keys: [] }));
  const layer: Layer = {};
  // Section by section: a profile that names a secret file must not get the secret of the level below.
  for (const { file, section, keys } of [...own, ...tops]) {
    const folder = dirname(file.path);
    for (const key of SETTING_KEYS) {
      const value = section[key];
      if (value === undefined) continue;
      const origin = fileOrigin(file.path, [...keys, key]);
      layer[key] ??= { value: inFolder(key, value, folder), origin };
    }
    for (const key of SECRET_KEYS) {
      const path = section[secretFileKey(key)];
      if (env[key] || layer[key] || path === undefined) continue;
      const origin = fileOrigin(file.path, [...keys, secretFileKey(key)]);
      layer[key] = await readSecret(key, resolve(folder, path), origin);
    }
  }
  return layer;
}

async function readSecret(key: SecretKey, path: string, origin: Origin): Promise<Given> {
  try {
    const text = await readFile(path, "utf8");
    // Editors and `echo` end a file with a line break, which is not part of the secret.
    return { value: text.trim(), origin: { ...origin, name: `the secret in "${path}"` } };
  } catch (error) {
    const problem = `: cannot read "${path}": ${readProblem(error)}`;
    const hint = `the file must contain only the ${key}`;
    return { value: "", origin, problem: new SettingError(origin, problem, { hint, cause: error }) };
  }
}
