export const HOOK_URL_HINT =
  "give the whole address, such as https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=..., best in the environment or a configuration file";

/** Formats of `--notify`, see `src/notify/`. */
export const NOTIFY_FORMATS = ["json", "wecom", "dingtalk", "feishu", "slack"] as const;

/** What stands for no address, where a setting has one. */
export function isNoHook(value: string): boolean {
  return value.toLowerCase() === "none";
}

/** What is wrong with the address of a webhook, as the end of a sentence about it. */
export function hookUrlProblem(value: string): string | undefined {
  if (isNoHook(value)) return undefined;
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const isPlain = url !== undefined && /^https?:$/.test(url.protocol) && !/[\s#]/.test(value);
  if (isPlain && url.username === "" && url.password === "") return undefined;
  return "is not an http or https URL without user and fragment";
}

/**
 * An address as it may be shown: whoever knows a webhook's path and query can post in its name. Made for broken ones too,
 * since those are the ones that messages quote; of what has no scheme, nothing is known to be harmless.
 */
export function redactHookUrl(value: string): string {
  if (isNoHook(value)) return value;
  const [, scheme, rest = ""] = /^(https?:\/\/)(.*)$/is.exec(value.trim()) ?? [];
  if (scheme === undefined) return "***";
  const [authority = ""] = rest.split(/[/?#\s\\]/, 1);
  const host = authority.slice(authority.lastIndexOf("@") + 1);
  const behind = rest.slice(authority.length);
  const user = host === authority ? "" : "***@";
  return `${scheme}${user}${host}${behind === "" || behind === "/" ? behind : "/***"}`;
}

/** A path or parameter of a few letters is no secret, and hiding it would garble the log. */
const MIN_CHARS = 8;

/** What of an address must appear nowhere. */
export function hookSecretsOf(value: string): string[] {
  if (!URL.canParse(value)) return [];
  const { pathname, search, searchParams } = new URL(value);
  const parts = [...pathname.split("/"), ...searchParams.values()];
  return [`${pathname}${search}`, ...parts].filter(({ length }) => length >= MIN_CHARS);
}
