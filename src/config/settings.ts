import { PushCliError } from "../errors.ts";
import type { Io } from "../output/io.ts";
import type { TokenMode } from "../token/ports.ts";
import { type ConfigFile, loadConfigFile } from "./config-file.ts";
import { envLayer, fileLayer, flagLayer, fromEnv, type Layer, SECRET_FILE_ENV } from "./layers.ts";
import { type Given, RULES, SETTING_KEYS, type Source, settingProblem } from "./rules.ts";
import { loadTlsFiles, type TlsFiles, unusedTls } from "./tls-files.ts";

export interface Settings {
  /** May hold a password: show it through redactUrl only. */
  redisUrl: string;
  /** Given for a URL that begins with `rediss`. */
  redisTls?: TlsFiles;
  /** Without a slash at the end. */
  apiBase: string;
  appid?: string;
  appsecret?: string;
  keyPrefix: string;
  poolPrefix: string;
  poolKeys: "plain" | "java";
  tokenMode: TokenMode;
  profile?: string;
  /** Which layer each setting came from. */
  sources: Record<string, Source>;
  /** To be told to the operator; no reason to stop. */
  warnings: string[];
}

/** As the command line hands them over. The secret is not among them: argv is public. */
export interface SettingFlags {
  redisUrl?: string | undefined;
  redisCa?: string | undefined;
  redisCert?: string | undefined;
  redisKey?: string | undefined;
  redisServername?: string | undefined;
  apiBase?: string | undefined;
  keyPrefix?: string | undefined;
  poolPrefix?: string | undefined;
  poolKeys?: string | undefined;
  profile?: string | undefined;
  tokenMode?: string | undefined;
  /** Path of the configuration file. */
  config?: string | undefined;
}

/**
 * Flags over environment over file (its profile over its top level) over defaults. Rejects with a PushCliError about
 * the first value that can't be used: `usage` for a flag, `config` for the rest. No message holds a secret.
 */
export async function loadSettings(flags: SettingFlags, io: Pick<Io, "env" | "cwd">): Promise<Settings> {
  const profile = fromFlag("--profile", flags.profile) ?? fromEnv(io, "PUSH_CLI_PROFILE");
  const file = await loadConfigFile(io, fromFlag("--config", flags.config) ?? fromEnv(io, "PUSH_CLI_CONFIG"));
  const { config: _, profile: __, ...given } = flags;
  const env = await envLayer(io);
  const fromFile = await fileLayer(file, profile, io, !env.appsecret);
  const fromFlags = flagLayer(given, io.cwd);
  const layers = { ...fromFile, ...env, ...fromFlags };
  const settings = fillIn(layers, profile);
  const redisTls = await loadTlsFiles(layers, settings.redisUrl);
  if (redisTls) settings.redisTls = redisTls;
  settings.warnings.push(...findWarnings(settings, { flags: fromFlags, env }, file, profile));
  return settings;
}

/** What the API wants to know of us. Throws a `credentials` error when not all of it was given. */
export function requireCredentials(settings: Pick<Settings, "appid" | "appsecret">): {
  appid: string;
  appsecret: string;
} {
  const { appid, appsecret } = settings;
  if (appid !== undefined && appsecret !== undefined) return { appid, appsecret };
  const missing = [appid === undefined && "appid", appsecret === undefined && "appsecret"].filter(Boolean);
  const env = appid === undefined ? [RULES.appid.env] : [];
  if (appsecret === undefined) env.push(`${RULES.appsecret.env} (or ${SECRET_FILE_ENV})`);
  throw new PushCliError("credentials", `no ${missing.join(" and no ")} given`, {
    hint: `set ${env.join(" and ")}, or put it into push-cli.config.json`,
  });
}

const DEFAULTS = {
  redisUrl: "redis://127.0.0.1:6379",
  apiBase: "https://api.weixin.qq.com",
  keyPrefix: "mina:",
  poolKeys: "plain",
  tokenMode: "stable",
};

function fromFlag(name: string, value: string | undefined): Given | undefined {
  return value === undefined ? undefined : { value, origin: { source: "flag", name } };
}

function fillIn(given: Layer, profile: Given | undefined): Settings {
  const sources: Record<string, Source> = { profile: profile?.origin.source ?? "default" };
  for (const key of SETTING_KEYS) {
    const entry = given[key];
    sources[key] = entry?.origin.source ?? "default";
    const problem = entry && settingProblem(key, entry.value, entry.origin);
    if (problem) throw problem;
  }
  const keyPrefix = given.keyPrefix?.value ?? DEFAULTS.keyPrefix;
  return {
    redisUrl: given.redisUrl?.value ?? DEFAULTS.redisUrl,
    apiBase: (given.apiBase?.value ?? DEFAULTS.apiBase).replace(/\/+$/, ""),
    ...(given.appid && { appid: given.appid.value }),
    ...(given.appsecret && { appsecret: given.appsecret.value }),
    keyPrefix,
    poolPrefix: given.poolPrefix?.value ?? `${keyPrefix}openid:`,
    poolKeys: (given.poolKeys?.value ?? DEFAULTS.poolKeys) as "plain" | "java",
    tokenMode: (given.tokenMode?.value ?? DEFAULTS.tokenMode) as TokenMode,
    ...(profile && { profile: profile.value }),
    sources,
    warnings: [],
  };
}

function findWarnings(
  { keyPrefix, poolPrefix, redisUrl }: Settings,
  layers: { flags: Layer; env: Layer },
  file: ConfigFile | undefined,
  profile: Given | undefined,
): string[] {
  const warnings: string[] = [];
  const profiles = file?.document.profiles ?? {};
  const sections = file ? [file.document, ...Object.values(profiles)] : [];
  if (file?.exposed && sections.some((section) => section.appsecret !== undefined)) {
    warnings.push(`"${file.path}" holds an appsecret and others may read it; run: chmod 600 "${file.path}"`);
  }
  warnings.push(...unusedTls({ ...layers.env, ...layers.flags }, redisUrl));
  if (keyPrefix.startsWith(poolPrefix)) {
    warnings.push(
      `the pool prefix "${poolPrefix}" also matches push-cli's own keys, which start with "${keyPrefix}"`,
    );
  }
  if (profile?.origin.source !== "flag") return warnings;
  // Asked for on this command line and yet not used: `--profile staging` would quietly work on production.
  const own = profiles[profile.value] ?? {};
  const isOwn = { ...own, appsecret: own.appsecret ?? own.appsecretFile };
  for (const key of SETTING_KEYS) {
    if (!layers.env[key] || layers.flags[key] || isOwn[key] === undefined) continue;
    warnings.push(`${RULES[key].env} is used instead of "${key}" of the profile "${profile.value}"`);
  }
  return warnings;
}
