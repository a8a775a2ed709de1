import type { Io } from "../output/io.ts";
import type { Origin, Source } from "./given.ts";
import type { Layer } from "./layers.ts";
import { findPositions } from "./positions.ts";
import { chooseProxy } from "./proxy.ts";
import { redactUrl } from "./redact-url.ts";
import type { Resolved } from "./resolve.ts";
import { SETTING_KEYS, SETTINGS, type SettingKey } from "./setting-keys.ts";
import type { ChannelDefaults } from "./settings.ts";

/** Where a value comes from, as `config show` tells it. */
export interface ShownOrigin {
  source: Source;
  /** What to look for: a flag, a variable, a file of a secret; "default", or "not set". */
  from: string;
  /** Of what a configuration file gives, with its line and column, both from 1. */
  file?: string;
  line?: number;
  column?: number;
  /** The profile that it stands in. */
  profile?: string;
}

/** A setting with its effective value, which is no secret: of those it says that they are set. */
export interface ShownSetting extends ShownOrigin {
  key: SettingKey;
  /** Null where nothing gives one. */
  value: string | null;
  secret: boolean;
}

const REDACTED = "***";

/**
 * Every setting with its effective value and where that comes from. Values are shown as they are given, usable or not.
 * `defaults`: those of the channel, undefined where it is not known.
 */
export async function describeSettings(
  { layers, files }: Pick<Resolved, "layers" | "files">,
  defaults: ChannelDefaults | undefined,
  env: Io["env"],
): Promise<ShownSetting[]> {
  const locate = createLocator(files);
  const unused = unusedPoolKey(layers);
  return Promise.all(
    SETTING_KEYS.map(async (key) => {
      const given = layers[key];
      const row = { key, secret: SETTINGS[key].fileEnv !== undefined };
      if (given) return { ...row, value: shownValue(key, given.value), ...(await locate(given.origin)) };
      const standard = unused === key ? undefined : defaultOf(key, layers, defaults, env);
      if (!standard) return { ...row, value: null, source: "default", from: "not set" };
      return { ...row, value: standard.value, source: "default", from: standard.from ?? "default" };
    }),
  );
}

/** Tells of an origin where in which file it is. */
export function createLocator(files: Resolved["files"]): (origin: Origin) => Promise<ShownOrigin> {
  const positions = new Map(files.map(({ path, text }) => [path, lazily(() => findPositions(text))]));
  return async ({ source, name, place }) => {
    if (!place) return { source, from: name };
    const { path: file, keys } = place;
    const position = (await positions.get(file)?.())?.of(keys, "value");
    const [section, profile] = keys;
    return { source, from: name, file, ...position, ...(section === "profiles" && profile && { profile }) };
  };
}

function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

function shownValue(key: SettingKey, value: string): string {
  const { fileEnv, redact } = SETTINGS[key];
  return fileEnv === undefined ? (redact?.(value) ?? value) : REDACTED;
}

/** The prefix of pools does not count beside a whole key, and has no default then. */
function unusedPoolKey({ poolKey, poolPrefix }: Layer): SettingKey | undefined {
  return poolKey && !poolPrefix ? "poolPrefix" : undefined;
}

function defaultOf(
  key: SettingKey,
  layers: Layer,
  defaults: ChannelDefaults | undefined,
  env: Io["env"],
): { value: string; from?: string } | undefined {
  const own = SETTINGS[key].default;
  if (own !== undefined) return { value: own };
  if (defaults === undefined) return undefined;
  const keyPrefix = layers.keyPrefix?.value ?? SETTINGS.keyPrefix.default;
  if (key === "apiBase") return { value: defaults.apiBase };
  if (key === "poolPrefix") return { value: `${keyPrefix}${defaults.poolPrefix}` };
  if (key !== "proxy") return undefined;
  const proxy = environmentProxy(layers.apiBase?.value ?? defaults.apiBase, env);
  return proxy === undefined ? undefined : { value: redactUrl(proxy), from: "HTTPS_PROXY, HTTP_PROXY" };
}

function environmentProxy(apiBase: string, env: Io["env"]): string | undefined {
  try {
    return chooseProxy(apiBase, undefined, env);
  } catch {
    // What is wrong with it is told to whoever goes to the API.
    return undefined;
  }
}
