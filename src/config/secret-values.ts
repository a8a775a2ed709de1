import { hookSecretsOf } from "./hook-url.ts";
import type { Settings } from "./settings.ts";

type Given = Pick<
  Settings,
  | "redisUrl"
  | "proxy"
  | "appsecret"
  | "alipayPrivateKey"
  | "collectorSecrets"
  | "notifyUrl"
  | "notifySecret"
  | "purgePingUrl"
>;

/** The secrets in the settings, including the passwords in URLs, as given and decoded. */
export function secretsOf({
  redisUrl,
  proxy,
  appsecret,
  alipayPrivateKey,
  collectorSecrets,
  notifyUrl,
  notifySecret,
  purgePingUrl,
}: Given): string[] {
  const others = Object.values(collectorSecrets).flatMap((given) => ("value" in given ? [given.value] : []));
  const passwords = [redisUrl, proxy ?? ""].flatMap(passwordsOf);
  const own = [appsecret, alipayPrivateKey, notifySecret].filter((secret) => secret !== undefined);
  const hooks = [notifyUrl ?? "", purgePingUrl ?? ""].flatMap(hookSecretsOf);
  return [...own, ...others, ...passwords, ...hooks];
}

/**
 * The password in a URL; for a user without one, the user: with Redis, that is nearly always a password in the wrong place.
 */
export function passwordsOf(url: string): string[] {
  const userInfo = /^(?:[a-z][\w+.-]*:\/\/)?(.*)@/is.exec(url)?.[1];
  if (userInfo === undefined) return [];
  const colon = userInfo.indexOf(":");
  const password = userInfo.slice(colon + 1);
  return password === "" ? [] : [password, decode(password)];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a % that stands for itself
  }
}
