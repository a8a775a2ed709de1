export const PROXY_HINT =
  "such as http://proxy:3128 or http://user:password@proxy:3128 (in a password, write / @ : # % as %2F %40 %3A %23 %25); none disables the proxy";

/**
 * The problem of a proxy value, as the end of a sentence about it. `none` and an empty value mean no proxy.
 */
export function proxyProblem(value: string): string | undefined {
  if (isNoProxy(value)) return undefined;
  if (/^\w+:\/\//.test(value) && !/^https?:/i.test(value)) return "is not an http or https proxy";
  return parseProxyUrl(value) ? undefined : "is not a proxy URL";
}

export function isNoProxy(value: string): boolean {
  return value === "" || value.toLowerCase() === "none";
}

/** Without a scheme it is http, as for curl; a path is ignored. */
export function parseProxyUrl(value: string): URL | undefined {
  const text = /^\w+:\/\//.test(value) ? value : `http://${value}`;
  if (/\s/.test(value) || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  const isWeb = url.protocol === "http:" || url.protocol === "https:";
  return isWeb && url.hostname !== "" && canDecode(url.username + url.password) ? url : undefined;
}

function canDecode(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false; // a % that is not part of an escape sequence
  }
}
