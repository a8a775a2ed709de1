import type { Io } from "../output/io.ts";
import type { Origin, Source } from "./given.ts";
import type { Layer } from "./layers.ts";
import { findPositions } from "./positions.ts";
import { chooseProxy } from "./proxy.ts";
import { redactUrl } from "./redact-url.ts";
import type { Resolved } from "./resolve.ts";
import { SETTING_KEYS, SETTINGS, type SettingKey } from "./setting-keys.ts";
import type { ChannelDefaults } from "./settings.ts";

/** The origin of a value, as shown by `config show`. */
export interface ShownOrigin {
  source: Source;
  /** What to search for: a flag, a variable, the file of a secret; "default", or "not set". */
  from: string;
  /** For a value from a configuration file, with its line and column, both from 1. */
  file?: string;
  line?: number;
  column?: number;
  /** The profile that sets it. */
  profile?: string;
}

/** A setting with its effective value; for secrets only whether they are set. */
export interface ShownSetting extends ShownOrigin {
  key: SettingKey;
  /** Null if it is not set. */
  value: string | null;
  secret: boolean;
}

const REDACTED = "***";

/**
 * Every setting with its effective value and its origin. Values are shown as given, valid or not. `defaults`: those of
 * the channel, undefined if the channel is unknown.
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

/** Adds to an origin its position in the file. */
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

/** The pool prefix is ignored if a whole key is set, and has no default then. */
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
    // The error is reported by commands that use the API.
    return undefined;
  }
}
