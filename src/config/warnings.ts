import type { ConfigFile } from "./config-file.ts";
import type { Layer } from "./layers.ts";
import { profileNames, profileSections } from "./profiles.ts";
import { redactUrl } from "./redact-url.ts";
import type { Sources } from "./resolve.ts";
import {
  isSecret,
  SECRET_KEYS,
  SETTING_KEYS,
  SETTINGS,
  type SettingKey,
  secretFileKey,
} from "./setting-keys.ts";
import { unusedTls } from "./tls-files.ts";

/** Configurations that are valid but probably not intended. */
export function findWarnings(
  {
    keyPrefix,
    poolPrefix,
    poolSuffix,
    redisUrl,
  }: {
    keyPrefix: string;
    poolPrefix: string;
    poolSuffix: string;
    redisUrl: string;
  },
  sources: Sources,
): string[] {
  const warnings = sources.files
    .filter((file) => file.exposed && holdsSecret(file))
    .map(({ path }) => `"${path}" contains a secret and is readable by others; run: chmod 600 "${path}"`);
  warnings.push(...unusedTls({ ...sources.env, ...sources.flags }, redisUrl));
  if (poolSuffix === "" && keyPrefix.startsWith(poolPrefix)) {
    warnings.push(
      `the pool prefix "${poolPrefix}" also matches push-cli's own keys, which start with "${keyPrefix}"`,
    );
  }
  warnings.push(...exposedPasswords(sources.flags));
  return [...warnings, ...quotedVariables(sources.env), ...overruledProfile(sources)];
}

function exposedPasswords(flags: Layer): string[] {
  return (["redisUrl", "proxy"] as const).flatMap((key) => {
    const { value, origin } = flags[key] ?? {};
    const warning = origin && passwordWarning(origin.name, value, SETTINGS[key].env);
    return warning === undefined ? [] : [warning];
  });
}

/** About a URL on the command line; undefined when it has no password. */
export function passwordWarning(flag: string, url = "", variable: string): string | undefined {
  if (redactUrl(url) === url) return undefined;
  return `${flag} contains a password, and other users of this machine can read command lines; use ${variable} instead`;
}

/** `docker run --env-file` treats quotes around a value as part of it. */
function quotedVariables(env: Layer): string[] {
  const quoted = (["appid", ...SECRET_KEYS] as const).filter((key) =>
    /^(["']).*\1$/.test(env[key]?.value ?? ""),
  );
  return quoted.map(
    (key) =>
      `${env[key]?.origin.name} begins and ends with a quote, which docker --env-file keeps; remove the quotes`,
  );
}

function holdsSecret({ document }: ConfigFile): boolean {
  const sections = [document, ...Object.values(document.profiles ?? {})];
  // Who knows a webhook can post to it.
  const keys = [...SECRET_KEYS, "notifyUrl", "purgePingUrl"] as const;
  const withPassword = (url: unknown) => typeof url === "string" && redactUrl(url) !== url;
  return sections.some(
    (section) =>
      keys.some((key) => section[key] !== undefined) ||
      withPassword(section.redisUrl) ||
      withPassword(section.proxy),
  );
}

/** A file that only has profiles says nothing as long as none is chosen. */
export function unchosenProfile({ files, profile }: Sources): string[] {
  const [first] = profileNames(files);
  const isUsed = files.some(({ document }) => SETTING_KEYS.some((key) => document[key] !== undefined));
  if (profile || first === undefined || isUsed) return [];
  return [
    `no profile is chosen, so these are not used: ${profileNames(files).join(", ")}; use --profile ${first}, or set "defaultProfile"`,
  ];
}

/**
 * Requested on this command line and yet ineffective: `--profile staging` would silently work on production.
 */
function overruledProfile({ flags, env, files, profile }: Sources): string[] {
  if (profile?.origin.source !== "flag") return [];
  const sections = profileSections(files, profile.value).map(({ section }) => section);
  const isOwn = (key: SettingKey) =>
    sections.some(
      (own) => own[key] !== undefined || (isSecret(key) && own[secretFileKey(key)] !== undefined),
    );
  return SETTING_KEYS.filter((key) => env[key] && !flags[key] && isOwn(key)).map(
    (key) => `${SETTINGS[key].env} is used instead of "${key}" of the profile "${profile.value}"`,
  );
}
