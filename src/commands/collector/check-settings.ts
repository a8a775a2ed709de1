import { type CollectorSecret, SETTINGS, type SettingKey } from "../../config/setting-keys.ts";
import type { Settings } from "../../config/settings.ts";
import { messageOf, PushCliError } from "../../errors.ts";
import type { CollectorProbe } from "../deps.ts";
import type { Check } from "./checks.ts";

/** What a secret is for, what it means that it is not given, and which others are of no use without it. */
const WORDS: Record<CollectorSecret, { what: string; off: string; neededBy: CollectorSecret[] }> = {
  collectorSecret: {
    what: "signs sessions: /login, /codes, /consents",
    off: "no /login; /codes and /consents only with --trust-openid-header",
    neededBy: [],
  },
  callbackToken: {
    what: "signs the platform's events: /callback",
    off: "no /callback: no receipts, and consents from reports only",
    neededBy: ["callbackAesKey", "callbackAesKeyPrevious"],
  },
  callbackAesKey: {
    what: "decrypts events; unencrypted events are refused",
    off: "events arrive unencrypted",
    neededBy: ["callbackAesKeyPrevious"],
  },
  callbackAesKeyPrevious: {
    what: "decrypts events still encrypted with the previous key",
    off: "needed for a day after the key was changed",
    neededBy: [],
  },
};

/** Everything that a collector may be given, by what it is for. Holds no secret. */
export function checkSettings(settings: Settings): Check[] {
  const { collectorSecrets: given, appid, appsecret } = settings;
  const secrets = (Object.keys(WORDS) as CollectorSecret[]).map((key) => checkSecret(key, given));
  const hasCallback = given.callbackToken !== undefined;
  return [
    ...secrets,
    ...(appid === undefined && hasCallback
      ? [missing("appid", "required by /callback, which refuses events of other apps", SETTINGS.appid.env)]
      : [
          plain(
            "appid",
            settings,
            appid,
            "events of this app are accepted; /login",
            "no /login, no /callback",
          ),
        ]),
    plain(
      "appsecret",
      settings,
      appsecret,
      "identifies users at login: /login",
      "no /login: your backend must sign sessions",
    ),
  ];
}

function checkSecret(key: CollectorSecret, given: Settings["collectorSecrets"]): Check {
  const { what, off, neededBy } = WORDS[key];
  const { env, hint } = SETTINGS[key];
  const secret = given[key];
  if (secret && "problem" in secret) {
    const { message, hint: how } = secret.problem;
    return {
      name: key,
      state: "wrong",
      from: secret.from,
      what,
      problem: message,
      ...(how && { hint: how }),
    };
  }
  if (secret) return { name: key, state: "ok", from: secret.from, what };
  const needing = neededBy.find((other) => given[other]);
  if (needing) return { ...missing(key, `${needing} has no effect without it`, env), hint };
  const nothing = !given.collectorSecret && !given.callbackToken;
  if (nothing && key === "collectorSecret")
    return { ...missing(key, "reports are accepted only with --trust-openid-header", env), hint };
  return { name: key, state: "off", what: off };
}

function missing(name: string, problem: string, env: string): Check {
  return { name, state: "missing", what: problem, problem: `not set: ${problem}`, hint: `set ${env}` };
}

function plain(
  key: "appid" | "appsecret",
  settings: Settings,
  value: string | undefined,
  what: string,
  off: string,
): Check {
  if (value === undefined) return { name: key, state: "off", what: off };
  return { name: key, state: "ok", from: placeOf(key, settings), what };
}

function placeOf(key: SettingKey, { sources }: Settings): string {
  const source = sources[key] ?? "default";
  if (source === "env") return SETTINGS[key].env;
  return source === "flag" ? (SETTINGS[key].flag?.replace(/ .*/, "") ?? source) : source;
}

export async function checkRedis(settings: Settings, probe: Pick<CollectorProbe, "ping">): Promise<Check> {
  const check = { name: "redis", from: placeOf("redisUrl", settings), what: "holds the pools" };
  try {
    await probe.ping();
    return { ...check, state: "ok" };
  } catch (error) {
    const hint = error instanceof PushCliError ? error.hint : undefined;
    return { ...check, state: "wrong", problem: messageOf(error), ...(hint !== undefined && { hint }) };
  }
}
