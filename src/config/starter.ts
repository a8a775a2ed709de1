import { existsSync, realpathSync } from "node:fs";
import { chmod, lstat, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { messageOf, PushCliError } from "../errors.ts";
import { CONFIG_FILE } from "./config-file.ts";

/** The contents of a first configuration file. */
export interface Starter {
  profile: string;
  production: boolean;
  redisUrl: string;
  channel: string;
  appid: string;
  /** The path of the file with the appsecret; absent: it comes from the environment. */
  secretFile?: string | undefined;
}

const SCHEMA = "push-cli.schema.json";

/**
 * The schema with which editors complete the file: that of the project's own push-cli if there is one, otherwise that of
 * `program`.
 */
export function schemaUrl(path: string, program: string): string {
  const local = `node_modules/push-cli/dist/${SCHEMA}`;
  if (existsSync(join(dirname(path), local))) return `./${local}`;
  // The program may be called through a symlink.
  const real = existsSync(program) ? realpathSync(program) : program;
  return pathToFileURL(join(dirname(real), SCHEMA)).href;
}

/** The text of the file: JSON with comments. */
export function renderStarter(starter: Starter, schema: string): string {
  const { profile, production, redisUrl, channel, appid, secretFile } = starter;
  const text = JSON.stringify;
  const standard = `"defaultProfile": ${text(profile)},`;
  const secret =
    secretFile === undefined
      ? `// The appsecret comes from the variable PUSH_CLI_APPSECRET, or from a file:
      // "appsecretFile": "/etc/push-cli/appsecret",`
      : `// A file that holds the appsecret and nothing else.
      "appsecretFile": ${text(secretFile)},`;
  const standardLines = production
    ? `// The profile to use when neither --profile nor PUSH_CLI_PROFILE names one.
  // ${standard}`
    : `// The profile to use when neither --profile nor PUSH_CLI_PROFILE names one.
  ${standard}`;
  return `{
  "$schema": ${text(schema)},

  // Settings of push-cli. Flags and PUSH_CLI_ variables take precedence over this file.
  // All settings: push-cli help environment. What is in effect: push-cli config show.

  ${standardLines}

  "profiles": {
    ${text(profile)}: {
      // Questions and previews show a production profile in red.
      "production": ${production},
      "channel": ${text(channel)},
      "redisUrl": ${text(redisUrl)},
      // "keyPrefix": "mina:",
      // "poolPrefix": "mina:openid:",
      "appid": ${text(appid)},
      ${secret}
    },
  },
}
`;
}

/** Where it is written unless --config names another path. */
export function starterPath(cwd: string, config: string | undefined): string {
  return resolve(cwd, config ?? CONFIG_FILE);
}

export async function isTaken(path: string): Promise<boolean> {
  const [found] = await Promise.allSettled([lstat(path)]);
  return found.status === "fulfilled";
}

/**
 * Writes the file readable only by its owner. Rejects with an `output` error, also when it has been created meanwhile, unless
 * `replace`.
 */
export async function writeStarter(path: string, text: string, replace: boolean): Promise<void> {
  try {
    await writeFile(path, text, { mode: 0o600, flag: replace ? "w" : "wx" });
    // The mode only applies to new files.
    await chmod(path, 0o600);
  } catch (error) {
    throw new PushCliError("output", `cannot write "${path}": ${messageOf(error)}`, {
      hint: "choose another path with --config <file>",
      cause: error,
    });
  }
}
