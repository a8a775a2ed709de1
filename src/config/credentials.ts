import { PushCliError } from "../errors.ts";
import { TABLE } from "./table.ts";

/** What of the settings says who we are to the API, and where that was looked for. */
export interface Identity {
  appid?: string;
  appsecret?: string;
  configFiles: ConfigFiles;
}

/** The configuration files that were read, and where they are looked for, each in order of precedence. */
export interface ConfigFiles {
  read: readonly string[];
  places: readonly string[];
}

/** What the API wants to know of us. Throws a `credentials` error when not all of it was given. */
export function requireCredentials(settings: Identity): { appid: string; appsecret: string } {
  const { appid, appsecret, configFiles } = settings;
  if (appid !== undefined && appsecret !== undefined) return { appid, appsecret };
  const missing = (["appid", "appsecret"] as const).filter((name) => settings[name] === undefined);
  throw missingError(missing, configFiles);
}

/** For what needs no secret. Throws a `credentials` error without it. */
export function requireAppid({ appid, configFiles }: Identity): string {
  if (appid === undefined) throw missingError(["appid"], configFiles);
  return appid;
}

function missingError(missing: ("appid" | "appsecret")[], { read, places }: ConfigFiles): PushCliError {
  const variables = {
    appid: TABLE.appid.env,
    appsecret: `${TABLE.appsecret.env} (or ${TABLE.appsecret.fileEnv})`,
  };
  const files = read.length > 0 ? `read: ${quoteAll(read)}` : `none found at ${quoteAll(places)}`;
  const it = missing.length === 1 ? "it" : "them";
  return new PushCliError("credentials", `no ${missing.join(" and no ")} given`, {
    hint: `set ${missing.map((name) => variables[name]).join(" and ")}, or put ${it} into a configuration file (${files})`,
  });
}

function quoteAll(paths: readonly string[]): string {
  return paths.map((path) => `"${path}"`).join(", ");
}
