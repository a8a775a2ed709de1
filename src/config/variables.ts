import type { Io } from "../output/io.ts";
import { nearestWord } from "./nearest.ts";
import { SETTING_KEYS, SETTINGS } from "./setting-keys.ts";

const PREFIX = "PUSH_CLI_";

export const PROFILE_ENV = "PUSH_CLI_PROFILE";
export const CONFIG_ENV = "PUSH_CLI_CONFIG";
export const SOURCE_URL_ENV = "PUSH_CLI_FROM_REDIS_URL";

/** All environment variables that the program defines. */
export const VARIABLES: readonly string[] = [
  ...SETTING_KEYS.flatMap((key) => [SETTINGS[key].env, SETTINGS[key].fileEnv ?? []].flat()),
  PROFILE_ENV,
  CONFIG_ENV,
  SOURCE_URL_ENV,
];

/**
 * Warnings about variables that look like ours but don't exist. Their values, which may be secrets, are left
 * out.
 */
export function unknownVariables({ env }: Pick<Io, "env">): { text: string; fix: string }[] {
  const names = Object.keys(env).filter((name) => name.startsWith(PREFIX) && env[name]?.trim());
  return names
    .filter((name) => !VARIABLES.includes(name))
    .map((name) => {
      const meant = nearestVariable(name);
      return meant
        ? {
            text: `${name} is not a variable of push-cli; did you mean ${meant}?`,
            fix: `rename it to ${meant}`,
          }
        : {
            text: `${name} is not a variable of push-cli`,
            fix: "unset it; to list all settings: push-cli config show",
          };
    });
}

/** Without the prefix, which would make any two of them look similar. */
function nearestVariable(name: string): string | undefined {
  const words = VARIABLES.map((variable) => variable.slice(PREFIX.length));
  const meant = nearestWord(name.slice(PREFIX.length), words);
  return meant && PREFIX + meant;
}
