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
import { findWarnings } from "./warnings.ts";

export type { SettingFlags } from "./resolve.ts";

/** A secret, or why what was given can't be used. `from` names where it was given. */
export type GivenSecret = { from: string } & ({ value: string } | { problem: PushCliError });

/** What commands work with. A Redis URL and a proxy may hold a password: show them through redactUrl only. */
export interface Settings extends Values {
  /** Given for a URL that begins with `rediss`. */
  redisTls?: TlsFiles;
  /** Without a slash at the end. */
  apiBase: string;
  /** PEM certificates that are trusted beside Node's built-in ones. */
  apiCas?: string[];
  /** What a pool's key has before the openId, and behind it. */
  poolPrefix: string;
  poolSuffix: string;
  /** Where the token is kept; absent: under push-cli's own key. */
  tokenStore?: TokenStoreChoice;
  /** The secret by which the channel's platform knows us, beside the appid. */
  credential: Credential;
  profile?: string;
  /** The profile is marked as production, and everything that asks says so. */
  production: boolean;
  /** Those that are given: commands that have no use for them work whatever they are. */
  collectorSecrets: { [key in CollectorSecret]?: GivenSecret };
  /** Which layer each setting came from. */
  sources: Record<string, Source>;
  configFiles: ConfigFiles;
  /** To be told to the operator; no reason to stop. */
  warnings: string[];
}

/**
 * Flags over environment over files (the profile over the top levels, the project's over the user's) over defaults.
 * Rejects with a PushCliError about the values that can't be used: `usage` for flags, `config` for the rest. No message
 * holds a secret.
 */
export async function loadSettings(
  flags: SettingFlags,
  io: Pick<Io, "env" | "cwd">,
  defaultsOf: (channel: string) => Promise<ChannelDefaults> = async () => WECHAT_TEMPLATE,
): Promise<Settings> {
  return makeSettings(await resolveSettings(flags, io), io, defaultsOf);
}

/** The settings of what counts; rejects as `loadSettings` does. */
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

/** What a platform knows us by. */
export type Credential = "appsecret" | "alipayPrivateKey";

/** What a channel says where no setting does. */
export interface ChannelDefaults {
  apiBase: string;
  /** Absent: the appsecret. */
  credential?: Credential | undefined;
  /** Of the pools, behind the key prefix. */
  poolPrefix: string;
}

export const DEFAULT_CHANNEL: string = TABLE.channel.default;
const WECHAT_TEMPLATE: ChannelDefaults = { apiBase: "https://api.weixin.qq.com", poolPrefix: "openid:" };

/** What is wrong with values, one by one. What is wrong with the collector's alone is the collector's matter. */
export function valueProblems(given: Layer): PushCliError[] {
  return SETTING_KEYS.flatMap((key) => {
    const entry = given[key];
    return (entry && !isCollectorSecret(key) && settingProblem(key, entry)) || [];
  });
}

/** Throws one error about all values that can't be used; a flag among them makes it a usage error. */
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
 * Where pools lie: by a prefix, or by a whole key with a place for the openId; of the two the one that comes from nearer
 * the command line. Throws when both come from the same place.
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
