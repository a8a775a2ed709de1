import { PushCliError } from "../errors.ts";
import { SETTINGS, type SettingKey } from "./setting-keys.ts";

/** The settings that identify us to the API, and where they were looked for. */
export interface Identity {
  appid?: string;
  appsecret?: string;
  alipayPrivateKey?: string;
  /** Which secret the platform requires; defaults to the appsecret. */
  credential?: "appsecret" | "alipayPrivateKey";
  configFiles: ConfigFiles;
}

/** The configuration files that were read, and where they are looked for, each in order of precedence. */
export interface ConfigFiles {
  read: readonly string[];
  places: readonly string[];
}

/**
 * The credentials for the API; the appsecret is an empty string if the platform has none. Throws a `credentials` error when
 * something required is missing.
 */
export function requireCredentials(settings: Identity): { appid: string; appsecret: string } {
  const { appid, appsecret = "", credential = "appsecret", configFiles } = settings;
  const missing = (["appid", credential] as const).filter((name) => settings[name] === undefined);
  if (appid === undefined || missing.length > 0) throw missingError(missing, configFiles);
  return { appid, appsecret };
}

/** For operations that need no secret. Throws a `credentials` error when the appid is missing. */
export function requireAppid({ appid, configFiles }: Identity): string {
  if (appid === undefined) throw missingError(["appid"], configFiles);
  return appid;
}

export function missingError(missing: readonly SettingKey[], { read, places }: ConfigFiles): PushCliError {
  const variableOf = (key: SettingKey) => {
    const { env, fileEnv } = SETTINGS[key];
    return fileEnv === undefined ? env : `${env} (or ${fileEnv})`;
  };
  const files = read.length > 0 ? `read: ${quoteAll(read)}` : `none found at ${quoteAll(places)}`;
  const it = missing.length === 1 ? "it" : "them";
  return new PushCliError("credentials", `no ${missing.join(" and no ")} given`, {
    hint: `set ${missing.map(variableOf).join(" and ")}, or put ${it} into a configuration file (${files})`,
  });
}

function quoteAll(paths: readonly string[]): string {
  return paths.map((path) => `"${path}"`).join(", ");
}
