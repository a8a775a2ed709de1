import { PushCliError } from "../errors.ts";
import type { Io } from "../output/io.ts";
import type { TokenStoreChoice } from "../token/ports.ts";
import { configPlaces } from "./config-file.ts";
import type { ConfigFiles } from "./credentials.ts";
import { type Given, SettingError, type Source, settingProblem } from "./given.ts";
import type { Layer } from "./layers.ts";
import { type Resolved, resolveSettings, type SettingFlags } from "./resolve.ts";
import { COLLECTOR_SECRETS, type CollectorSecret, isCollectorSecret, SETTING_KEYS } from "./setting-keys.ts";
import { TABLE } from "./table.ts";
import { loadApiCas, loadTlsFiles, type TlsFiles } from "./tls-files.ts";
import { parseTokenStore } from "./token-store.ts";
import { readValues, type Values } from "./values.ts";
import { unknownVariables } from "./variables.ts";
import { findWarnings, unchosenProfile } from "./warnings.ts";

export type { SettingFlags } from "./resolve.ts";

/** A secret, or why the given value is invalid. `from` names its origin. */
export type GivenSecret = { from: string } & ({ value: string } | { problem: PushCliError });

/** What commands work with. A Redis URL and a proxy may hold a password: show them only through redactUrl. */
export interface Settings extends Values {
  /** For a URL that begins with `rediss`. */
  redisTls?: TlsFiles;
  /** Without a trailing slash. */
  apiBase: string;
  /** PEM certificates that are trusted in addition to Node's built-in ones. */
  apiCas?: string[];
  /** The parts of a pool's key before and after the openId. */
  poolPrefix: string;
  poolSuffix: string;
  /** Where the token is stored; absent: under push-cli's own key. */
  tokenStore?: TokenStoreChoice;
  /** The secret that identifies us to the channel's platform, together with the appid. */
  credential: Credential;
  profile?: string;
  /** The profile is marked as production, and every confirmation says so. */
  production: boolean;
  /** Those that are set: commands that don't use them work whatever their values. */
  collectorSecrets: { [key in CollectorSecret]?: GivenSecret };
  /** The layer that each setting came from. */
  sources: Record<string, Source>;
  configFiles: ConfigFiles;
  /** To be shown to the operator; not a reason to stop. */
  warnings: string[];
}

/**
 * Flags override environment, which overrides files (the profile over the top levels, the project's over the user's),
 * which override defaults. Rejects with a PushCliError about the invalid values: `usage` for flags, `config` for the
 * rest. No message holds a secret.
 */
export async function loadSettings(
  flags: SettingFlags,
  io: Pick<Io, "env" | "cwd">,
  defaultsOf: (channel: string) => Promise<ChannelDefaults> = async () => WECHAT_TEMPLATE,
): Promise<Settings> {
  const resolved = await resolveSettings(flags, io);
  const settings = await makeSettings(resolved, io, defaultsOf);
  settings.warnings.push(...unchosenProfile(resolved));
  return settings;
}

/** The settings from effective values; rejects as `loadSettings` does. */
export async function makeSettings(
  resolved: Resolved,
  io: Pick<Io, "env" | "cwd">,
  defaultsOf: (channel: string) => Promise<ChannelDefaults>,
): Promise<Settings> {
  const { layers, unseen } = resolved;
  checkValues(layers);
  const values = readValues(layers);
  const configFiles = { read: resolved.files.map(({ path }) => path), places: configPlaces(io) };
  const settings = fillIn(values, resolved, configFiles, await defaultsOf(values.channel));
  const redisTls = await loadTlsFiles(layers, settings.redisUrl);
  if (redisTls) settings.redisTls = redisTls;
  if (layers.apiCa) settings.apiCas = await loadApiCas(layers.apiCa, io.env);
  const unknown = unknownVariables(io).map(({ text }) => text);
  settings.warnings.push(...unseen, ...unknown, ...findWarnings(settings, resolved));
  return settings;
}

/** The kind of secret that identifies us to a platform. */
export type Credential = "appsecret" | "alipayPrivateKey";

/** A channel's defaults for settings. */
export interface ChannelDefaults {
  apiBase: string;
  /** Defaults to the appsecret. */
  credential?: Credential | undefined;
  /** For pools, after the key prefix. */
  poolPrefix: string;
}

export const DEFAULT_CHANNEL: string = TABLE.channel.default;
const WECHAT_TEMPLATE: ChannelDefaults = { apiBase: "https://api.weixin.qq.com", poolPrefix: "openid:" };

/** The problems of values, one by one. Problems of values that only the collector uses are left to the collector. */
function valueProblems(given: Layer): PushCliError[] {
  return SETTING_KEYS.flatMap((key) => {
    const entry = given[key];
    return (entry && !isCollectorSecret(key) && settingProblem(key, entry)) || [];
  });
}

/** Throws one error about all invalid values; a flag among them makes it a usage error. */
function checkValues(given: Layer): void {
  const problems = valueProblems(given);
  const [first, second] = problems;
  if (!first) return;
  if (!second) throw first;
  const kind = problems.some((problem) => problem.kind === "usage") ? "usage" : "config";
  throw new PushCliError(kind, `${problems.length} settings are invalid`, {
    details: problems.map(({ message, hint }) => `${message}; ${hint}`),
    hint: "fix them and run again",
  });
}

function fillIn(
  values: Values,
  { layers: given, profile, production }: Resolved,
  configFiles: ConfigFiles,
  defaults: ChannelDefaults,
): Settings {
  const sources: Record<string, Source> = { profile: profile?.origin.source ?? "default" };
  for (const key of SETTING_KEYS) sources[key] = given[key]?.origin.source ?? "default";
  return {
    ...values,
    apiBase: (given.apiBase?.value ?? defaults.apiBase).replace(/\/+$/, ""),
    ...(given.tokenStore && { tokenStore: parseTokenStore(given.tokenStore.value) }),
    ...poolKeyOf(given, `${values.keyPrefix}${defaults.poolPrefix}`),
    credential: defaults.credential ?? "appsecret",
    ...(profile && { profile: profile.value }),
    production,
    collectorSecrets: collectorSecretsOf(given),
    sources,
    configFiles,
    warnings: [],
  };
}

function collectorSecretsOf(given: Layer): Settings["collectorSecrets"] {
  const found = COLLECTOR_SECRETS.flatMap((key) => {
    const entry = given[key];
    if (!entry) return [];
    const problem = settingProblem(key, entry);
    const from = entry.origin.name;
    return [[key, problem ? { from, problem } : { from, value: entry.value }] as const];
  });
  return Object.fromEntries(found);
}

const SOURCE_ORDER: Source[] = ["flag", "env", "file", "default"];

/**
 * Where pools are stored: under a prefix, or under a key pattern with a placeholder for the openId; of the two, the one
 * with higher precedence. Throws when both have the same source.
 */
function poolKeyOf(
  { poolKey, poolPrefix }: Layer,
  byDefault: string,
): Pick<Settings, "poolPrefix" | "poolSuffix"> {
  const rank = ({ origin }: Given) => SOURCE_ORDER.indexOf(origin.source);
  if (!poolKey || (poolPrefix && rank(poolPrefix) < rank(poolKey)))
    return { poolPrefix: poolPrefix?.value ?? byDefault, poolSuffix: "" };
  if (poolPrefix && rank(poolPrefix) === rank(poolKey)) {
    throw new SettingError(poolKey.origin, ` and ${poolPrefix.origin.name} can't be used together`, {
      hint: "use only one of them",
    });
  }
  const [before = "", behind = ""] = poolKey.value.split("%");
  return { poolPrefix: before, poolSuffix: behind };
}
