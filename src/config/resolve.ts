import type { Io } from "../output/io.ts";
import { type ConfigFile, loadConfigFiles, readConfigFiles } from "./config-file.ts";
import type { Fault } from "./faults.ts";
import { fileOrigin, type Given } from "./given.ts";
import { envLayer, fileLayer, flagLayer, fromEnv, type Layer } from "./layers.ts";
import { requireProfile } from "./profiles.ts";
import type { FlagKey } from "./setting-keys.ts";
import { CONFIG_ENV, PROFILE_ENV } from "./variables.ts";

type Place = Pick<Io, "env" | "cwd">;

/** As given on the command line. Secrets are not among them: argv is public. */
export type SettingFlags = { [key in FlagKey]?: string | undefined } & {
  profile?: string | undefined;
  /** Path of the configuration file. */
  config?: string | undefined;
};

/** All sources of values, before one is chosen for each setting. */
export interface Sources {
  flags: Layer;
  env: Layer;
  /** In order of precedence. */
  files: readonly ConfigFile[];
  profile: Given | undefined;
}

/** The effective value of each setting that is set, not yet validated. */
export interface Resolved extends Sources {
  layers: Layer;
  /** The profile is marked as production. */
  production: boolean;
  /** Configuration files that could not be looked for. */
  unseen: string[];
}

/**
 * Flags override environment, which overrides files, see `loadSettings`. Rejects with a PushCliError about files and
 * the profile.
 */
export async function resolveSettings(flags: SettingFlags, io: Place): Promise<Resolved> {
  const unseen: string[] = [];
  const files = await loadConfigFiles(io, onlyFile(flags, io), (text) => unseen.push(text));
  return { ...(await resolveFrom(files, chosenProfile(flags, io, files), flags, io)), unseen };
}

/** The same with given files and a profile of them. */
export async function resolveFrom(
  files: readonly ConfigFile[],
  profile: Given | undefined,
  flags: SettingFlags,
  io: Place,
): Promise<Omit<Resolved, "unseen">> {
  const own = requireProfile(files, profile, io);
  const env = await envLayer(io);
  const fromFiles = await fileLayer(files, own, env);
  const fromFlags = flagLayer(flags, io.cwd);
  const layers = { ...fromFiles, ...env, ...fromFlags };
  const marked = own.find(({ section }) => section.production !== undefined);
  return { layers, flags: fromFlags, env, files, profile, production: marked?.section.production === true };
}

/** The configuration files, and all faults in the invalid ones. */
export function findConfigFiles(
  flags: SettingFlags,
  io: Place,
  warn: (text: string) => void = () => undefined,
): Promise<{ files: ConfigFile[]; faults: Fault[] }> {
  return readConfigFiles(io, onlyFile(flags, io), warn);
}

/** The file named by --config or its variable: no other is read then. */
export function onlyFile({ config }: Pick<SettingFlags, "config">, io: Pick<Io, "env">): Given | undefined {
  return fromFlag("--config", config) ?? fromEnv(io, CONFIG_ENV);
}

/** --profile, its variable, or the default profile of the first file that has one. */
export function chosenProfile(
  { profile }: SettingFlags,
  io: Pick<Io, "env">,
  files: readonly ConfigFile[],
): Given | undefined {
  const standard = files.find(({ document }) => document.defaultProfile !== undefined);
  return (
    fromFlag("--profile", profile) ??
    fromEnv(io, PROFILE_ENV) ??
    (standard && {
      value: standard.document.defaultProfile ?? "",
      origin: fileOrigin(standard.path, ["defaultProfile"]),
    })
  );
}

function fromFlag(name: string, value: string | undefined): Given | undefined {
  return value === undefined ? undefined : { value, origin: { source: "flag", name } };
}
