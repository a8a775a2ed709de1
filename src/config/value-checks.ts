import { parseDuration } from "./durations.ts";

/** A time with its unit: 30 would be seconds, and whoever writes that means days. */
export function ageProblem(value: string): string | undefined {
  if (/^\d+(\.\d+)?$/.test(value)) return "has no unit";
  try {
    return parseDuration(value) > 0 ? undefined : "leaves no time";
  } catch {
    return "is not a duration";
  }
}

/** Braces make a hash tag of Redis cluster, which has to be whole for a pool and its ledger to share a slot. */
export function braceProblem(value: string): string | undefined {
  const isFine = !/[{}]/.test(value) || /^[^{}]*\{[^{}]+\}[^{}]*$/.test(value);
  return isFine ? undefined : "has braces that are not one {tag}";
}

/** What stands around the openId may tag it or itself: {%}, or {app}:%. */
export function poolKeyProblem(value: string): string | undefined {
  if (!isWord(value)) return "is empty or has white space in it";
  if (value.split("%").length !== 2) return "does not have one % for the openId";
  return value === "%" ? "would take every list for a pool" : braceProblem(value);
}

export function isWord(value: string): boolean {
  return /^[^\s\x00-\x1f\x7f]+$/.test(value);
}

export function isRedisUrl(value: string): boolean {
  if (!isWord(value)) return false;
  // A list of hosts is no URL by the standard; whether it leads anywhere shows when connecting.
  if (/^\/[^/]|^rediss?\+cluster:\/\/[^/?#]+(\/0?)?$/.test(value)) return true;
  if (/^rediss?\+sentinel:\/\/[^/?#]+\/[^/?#]+(\/\d*)?(\?[^#]*)?$/.test(value)) return true;
  if (/^unix:\/\/[^/?#]*@\/[^?]/.test(value)) return true;
  const url = parseUrl(value);
  if (url?.protocol === "unix:") return url.pathname.length > 1;
  const hasHost = url?.protocol === "redis:" || url?.protocol === "rediss:";
  return hasHost && url.hostname !== "" && /^\/?\d*$/.test(url.pathname) && url.hash === "";
}

export function isApiBase(value: string): boolean {
  const url = parseUrl(value);
  if (url === undefined || !/^https?:$/.test(url.protocol)) return false;
  return isWord(value) && !/[?#]/.test(value) && url.username === "" && url.password === "";
}

function parseUrl(value: string): URL | undefined {
  return URL.canParse(value) ? new URL(value) : undefined;
}
