import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { PushCliError } from "../errors.ts";
import type { Io } from "../output/io.ts";
import { type ConfigFile, configPaths, readProblem } from "./config-file.ts";
import { nearestWord } from "./nearest.ts";
import {
  fileOrigin,
  type Given,
  kindOf,
  type Origin,
  RULES,
  SETTING_KEYS,
  type SettingKey,
} from "./rules.ts";
import type { ConfigSection } from "./schema.ts";

/** What one source gives; the next source fills in the rest. */
export type Layer = { [key in SettingKey]?: Given };

export function flagLayer(flags: { [key in SettingKey]?: string | undefined }, cwd: string): Layer {
  const layer: Layer = {};
  for (const key of SETTING_KEYS) {
    const value = flags[key];
    const name = RULES[key].flag;
    if (value !== undefined && name)
      layer[key] = { value: inFolder(key, value, cwd), origin: { source: "flag", name } };
  }
  return layer;
}

/** A path from the folder that it was given in; any other value as it is. */
function inFolder(key: SettingKey, value: string, folder: string): string {
  return RULES[key].isPath && value !== "" ? resolve(folder, value) : value;
}

/** An empty variable counts as absent: that is how scripts and compose files unset one. */
export function fromEnv(io: Pick<Io, "env">, name: string): Given | undefined {
  const value = io.env[name]?.trim();
  return value ? { value, origin: { source: "env", name } } : undefined;
}

export async function envLayer(io: Pick<Io, "env" | "cwd">): Promise<Layer> {
  const layer: Layer = {};
  for (const key of SETTING_KEYS) {
    const given = fromEnv(io, RULES[key].env);
    if (given) layer[key] = { ...given, value: inFolder(key, given.value, io.cwd) };
  }
  const secretFile = fromEnv(io, SECRET_FILE_ENV);
  if (!secretFile) return layer;
  if (layer.appsecret) {
    throw new PushCliError("config", `${RULES.appsecret.env} and ${SECRET_FILE_ENV} are both set`, {
      hint: "unset one of them",
    });
  }
  return { ...layer, appsecret: await readSecret(resolve(io.cwd, secretFile.value), secretFile.origin) };
}

/** The file's settings, those of the profile first. Reads `appsecretFile` only if `needsSecret`. */
export async function fileLayer(
  file: ConfigFile | undefined,
  profile: Given | undefined,
  io: Pick<Io, "env" | "cwd">,
  needsSecret: boolean,
): Promise<Layer> {
  const layer: Layer = {};
  const own = profile && profileSection(file, profile, io);
  if (!file) return layer;
  const sections: { section: ConfigSection; keys: string[] }[] = [{ section: file.document, keys: [] }];
  if (own) sections.unshift({ section: own, keys: ["profiles", profile.value] });
  // Section by section: a profile that names a secret file is not to get the secret of the level above.
  for (const { section, keys } of sections) {
    for (const key of SETTING_KEYS) {
      const value = section[key];
      if (value === undefined) continue;
      const origin = fileOrigin(file.path, [...keys, key]);
      layer[key] ??= { value: inFolder(key, value, dirname(file.path)), origin };
    }
    if (needsSecret && !layer.appsecret && section.appsecretFile !== undefined) {
      const path = resolve(dirname(file.path), section.appsecretFile);
      layer.appsecret = await readSecret(path, fileOrigin(file.path, [...keys, "appsecretFile"]));
    }
  }
  return layer;
}

export const SECRET_FILE_ENV = "PUSH_CLI_APPSECRET_FILE";

function profileSection(
  file: ConfigFile | undefined,
  { value, origin }: Given,
  io: Pick<Io, "env" | "cwd">,
): ConfigSection {
  const profiles = file?.document.profiles ?? {};
  const section = Object.hasOwn(profiles, value) ? profiles[value] : undefined;
  if (section) return section;
  const names = Object.keys(profiles);
  const meant = nearestWord(value, names);
  const there = names.length > 0 ? `the profiles are ${names.join(", ")}` : "the file has no profiles";
  const places = configPaths(io).join(" or ");
  const hint = file ? there : `profiles stand in a configuration file: ${places}`;
  throw new PushCliError(kindOf(origin), `${origin.name}: there is no profile "${value}"`, {
    hint: meant ? `did you mean "${meant}"? ${hint}` : hint,
  });
}

async function readSecret(path: string, origin: Origin): Promise<Given> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    throw new PushCliError("config", `${origin.name}: cannot read "${path}": ${readProblem(error)}`, {
      hint: "a file that holds the appsecret and nothing else",
      cause: error,
    });
  });
  // Editors and `echo` end a file with a line end, which is no part of the secret.
  return { value: text.trim(), origin: { source: origin.source, name: `the secret in "${path}"` } };
}
