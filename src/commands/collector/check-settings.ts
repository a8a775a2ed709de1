import { type CollectorSecret, SETTINGS, type SettingKey } from "../../config/setting-keys.ts";
import type { Settings } from "../../config/settings.ts";
import { messageOf, PushCliError } from "../../errors.ts";
import type { CollectorProbe } from "../deps.ts";
import type { Check } from "./checks.ts";

/** What a secret is for, what it means that it is not given, and which others are of no use without it. */
const WORDS: Record<CollectorSecret, { what: string; off: string; neededBy: CollectorSecret[] }> = {
  collectorSecret: {
    what: "signs sessions: /login, /codes, /consents",
    off: "no /login; no /codes and /consents but by --trust-openid-header",
    neededBy: [],
  },
  callbackToken: {
    what: "signs the platform's events: /callback",
    off: "no /callback: no receipts, and consents by reports alone",
    neededBy: ["callbackAesKey", "callbackAesKeyPrevious"],
  },
  callbackAesKey: {
    what: "opens encrypted events; plain ones are refused",
    off: "events come unencrypted",
    neededBy: ["callbackAesKeyPrevious"],
  },
  callbackAesKeyPrevious: {
    what: "opens events that are still encrypted with the key before",
    off: "needed for a day after a change of the key",
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
      ? [missing("appid", "/callback needs it: events of other apps are refused", SETTINGS.appid.env)]
      : [plain("appid", settings, appid, "whose events are taken; /login", "no /login, no /callback")]),
    plain(
      "appsecret",
      settings,
      appsecret,
      "asks the platform who logs in: /login",
      "no /login: your backend signs sessions",
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
  if (needing) return { ...missing(key, `${needing} is of no use without it`, env), hint };
  const nothing = !given.collectorSecret && !given.callbackToken;
  if (nothing && key === "collectorSecret")
    return { ...missing(key, "nothing is taken but by --trust-openid-header", env), hint };
  return { name: key, state: "off", what: off };
}

function missing(name: string, problem: string, env: string): Check {
  return { name, state: "missing", what: problem, problem: `not given: ${problem}`, hint: `set ${env}` };
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
