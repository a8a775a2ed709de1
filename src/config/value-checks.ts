import { parseDuration } from "./durations.ts";
import type { Setting } from "./setting.ts";

/** A duration with its unit: 30 would be seconds, but was probably meant as days. */
export function ageProblem(value: string): string | undefined {
  if (/^\d+(\.\d+)?$/.test(value)) return "has no unit";
  try {
    return parseDuration(value) > 0 ? undefined : "must be greater than zero";
  } catch {
    return "is not a duration";
  }
}

export const TIMEOUT_HINT = "give a time from 100ms to 1h, such as 10s or 2m; a plain number is seconds";

export function timeoutProblem(value: string): string | undefined {
  try {
    const ms = parseDuration(value);
    return ms >= 100 && ms <= 3_600_000 ? undefined : "is not from 100ms to 1h";
  } catch {
    return "is not a duration";
  }
}

/** Braces make a Redis Cluster hash tag, which has to be complete for a pool and its ledger to share a slot. */
function braceProblem(value: string): string | undefined {
  const isFine = !/[{}]/.test(value) || /^[^{}]*\{[^{}]+\}[^{}]*$/.test(value);
  return isFine ? undefined : "contains braces other than a single {tag}";
}

/** The text around the openId may contain a tag, or the openId may be the tag: {app}:%, or {%}. */
export function poolKeyProblem(value: string): string | undefined {
  if (!isWord(value)) return "is empty or contains spaces";
  if (value.split("%").length !== 2) return "must contain exactly one % for the openId";
  return value === "%" ? "would match every list" : braceProblem(value);
}

export function wordProblem(value: string): string | undefined {
  return isWord(value) ? undefined : "is empty or contains spaces";
}

export function pathProblem(value: string): string | undefined {
  return value.trim() === "" ? "is empty" : undefined;
}

export function prefixProblem(value: string): string | undefined {
  return wordProblem(value) ?? braceProblem(value);
}

export function channelProblem(value: string): string | undefined {
  return /^[a-z]+(-[a-z]+)+$/.test(value) ? undefined : "is not a channel";
}

export function countProblem(value: string): string | undefined {
  return /^[1-9]\d{0,5}$/.test(value) ? undefined : "is not a number of consents";
}

/** The check of a setting with only these values. */
export function notOneOf(choices: readonly string[], problem: string): Setting["problem"] {
  return (value) => (choices.includes(value) ? undefined : problem);
}

export function isWord(value: string): boolean {
  return /^[^\s\x00-\x1f\x7f]+$/.test(value);
}

export function redisUrlProblem(value: string): string | undefined {
  return isRedisUrl(value) ? undefined : "is not a Redis URL";
}

function isRedisUrl(value: string): boolean {
  if (!isWord(value)) return false;
  // A list of hosts is not a valid URL by the standard; errors in it show when connecting.
  if (/^\/[^/]|^rediss?\+cluster:\/\/[^/?#]+(\/0?)?$/.test(value)) return true;
  if (/^rediss?\+sentinel:\/\/[^/?#]+\/[^/?#]+(\/\d*)?(\?[^#]*)?$/.test(value)) return true;
  if (/^unix:\/\/[^/?#]*@\/[^?]/.test(value)) return true;
  const url = parseUrl(value);
  if (url?.protocol === "unix:") return url.pathname.length > 1;
  const hasHost = url?.protocol === "redis:" || url?.protocol === "rediss:";
  return hasHost && url.hostname !== "" && /^\/?\d*$/.test(url.pathname) && url.hash === "";
}

export function apiBaseProblem(value: string): string | undefined {
  return isApiBase(value) ? undefined : "is not an http or https URL without user, query or fragment";
}

function isApiBase(value: string): boolean {
  const url = parseUrl(value);
  if (url === undefined || !/^https?:$/.test(url.protocol)) return false;
  return isWord(value) && !/[?#]/.test(value) && url.username === "" && url.password === "";
}

function parseUrl(value: string): URL | undefined {
  return URL.canParse(value) ? new URL(value) : undefined;
}
