import type { SettingFlags } from "../config/resolve.ts";
import { SETTINGS, type SettingKey } from "../config/setting-keys.ts";
import { DEFAULT_CHANNEL } from "../config/settings.ts";
import type { Starter } from "../config/starter.ts";
import { PushCliError, usageError } from "../errors.ts";
import type { Deps } from "./deps.ts";

export interface InitFlags extends Pick<SettingFlags, "profile" | "redisUrl" | "channel"> {
  yes?: boolean;
  appid?: string;
  secretFile?: string;
  production?: boolean;
}

const DEFAULT_PROFILE = "default";

/** What the flags give, with defaults for the rest. Throws a usage error without an appid, and for what can't be used. */
export function starterOf(flags: InitFlags): Starter {
  const { profile = DEFAULT_PROFILE, secretFile, production = false } = flags;
  const { redisUrl = SETTINGS.redisUrl.default ?? "", channel = DEFAULT_CHANNEL, appid } = flags;
  if (appid === undefined) throw usageError("--yes needs --appid", SETTINGS.appid.hint);
  for (const [key, flag, value] of [
    ["redisUrl", "--redis-url", redisUrl],
    ["channel", "--channel", channel],
    ["appid", "--appid", appid],
  ] as const) {
    const problem = problemOf(key, value);
    if (problem) throw usageError(`${flag}: ${problem}`, SETTINGS[key].hint);
  }
  const unnamed = profileProblem(profile);
  if (unnamed) throw usageError(`--profile: "${profile}" ${unnamed}`);
  return { profile, production, redisUrl, channel, appid, secretFile };
}

/** Asks for what the flags don't give. Rejects with a `confirm` error when there is no answer. */
export async function askStarter(deps: Deps, flags: InitFlags, signal: AbortSignal): Promise<Starter> {
  const ask = (question: Question) => askFor(deps, question, signal);
  const setting = (key: SettingKey, text: string, standard?: string): Question => ({
    text,
    standard,
    problem: (value) => problemOf(key, value),
    hint: SETTINGS[key].hint,
  });
  const channels = (await deps.channels()).map(({ name }) => name);
  const channelHint = `valid channels: ${channels.join(", ")}`;
  const profile =
    flags.profile ??
    (await ask({ text: "Profile name", standard: DEFAULT_PROFILE, problem: profileProblem }));
  const production =
    flags.production ?? (await askYes(ask, "Is this production? (shown in red in every prompt)"));
  const redisUrl = flags.redisUrl ?? (await ask(setting("redisUrl", "Redis URL", SETTINGS.redisUrl.default)));
  const channel =
    flags.channel ??
    (await ask({
      text: `Channel (${channels.join(", ")})`,
      standard: DEFAULT_CHANNEL,
      problem: (value) => (channels.includes(value) ? undefined : `"${value}" is not a channel`),
      hint: channelHint,
    }));
  const appid = flags.appid ?? (await ask(setting("appid", "Appid of the mini program")));
  const secretFile = flags.secretFile ?? (await askSecret(ask));
  return { ...starterOf({ profile, production, redisUrl, channel, appid }), secretFile };
}

interface Question {
  text: string;
  /** What an empty answer means. */
  standard?: string | undefined;
  problem(value: string): string | undefined;
  hint?: string;
}

type Ask = (question: Question) => Promise<string>;

/** Until there is an answer that can be used. */
async function askFor({ out }: Deps, question: Question, signal: AbortSignal): Promise<string> {
  const { text, standard, problem, hint } = question;
  for (;;) {
    const typed = await out.prompt(`${text}${standard === undefined ? "" : ` [${standard}]`}: `, { signal });
    if (typed === undefined) throw new PushCliError("confirm", "no answer; nothing was written");
    const value = typed.trim() || (standard ?? "");
    const wrong = problem(value);
    if (wrong === undefined) return value;
    out.warn(`${wrong}${hint === undefined ? "" : `; ${hint}`}`);
  }
}

async function askYes(ask: Ask, text: string): Promise<boolean> {
  const problem = (value: string) =>
    /^(y|yes|n|no)$/i.test(value) ? undefined : `"${value}" is neither y nor n`;
  return /^y/i.test(await ask({ text: `${text} (y/n)`, standard: "n", problem }));
}

/** The secret itself is never asked for: it would be seen, and lie in the file. */
async function askSecret(ask: Ask): Promise<string | undefined> {
  const where = await ask({
    text: "Read the appsecret from (environment, file)",
    standard: "environment",
    problem: (value) =>
      /^(environment|file)$/.test(value) ? undefined : `"${value}" is neither environment nor file`,
  });
  if (where === "environment") return undefined;
  const problem = (value: string) => (value === "" ? "a path is required" : undefined);
  return ask({ text: "Path of that file, relative to the configuration file", problem });
}

function problemOf(key: SettingKey, value: string): string | undefined {
  const { problem, redact } = SETTINGS[key];
  const found = problem(value);
  return found === undefined ? undefined : `"${redact?.(value) ?? value}" ${found}`;
}

function profileProblem(name: string): string | undefined {
  return /^[\w.-]+$/.test(name) ? undefined : "must consist of letters, digits, dots, - and _";
}
