import { BlockList, isIP } from "node:net";
import { PushCliError } from "../errors.ts";
import type { Io } from "../output/io.ts";
import { isNoProxy, PROXY_HINT, parseProxyUrl, proxyProblem } from "./proxy-url.ts";
import { redactUrl } from "./redact-url.ts";

/**
 * The proxy for `apiBase`, as a URL: the setting, or else the environment variables common to all programs. NO_PROXY
 * only applies to those variables: a proxy that is set for push-cli is intended. Throws a config error about a variable
 * with an invalid proxy, so call it only for commands that use the API.
 */
export function chooseProxy(
  apiBase: string,
  setting: string | undefined,
  env: Io["env"],
): string | undefined {
  if (setting !== undefined) return isNoProxy(setting) ? undefined : parseProxyUrl(setting)?.href;
  const url = new URL(apiBase);
  const name = variablesFor(url.protocol, env).find((each) => env[each]?.trim());
  const value = name && env[name]?.trim();
  if (!value || isExempt(url, env.no_proxy?.trim() || env.NO_PROXY || "")) return undefined;
  const problem = proxyProblem(value);
  if (problem) {
    throw new PushCliError("config", `${name}: "${redactUrl(value)}" ${problem}`, { hint: PROXY_HINT });
  }
  return isNoProxy(value) ? undefined : parseProxyUrl(value)?.href;
}

/** In a CGI program, a client's header `Proxy:` arrives as HTTP_PROXY (httpoxy.org). */
function variablesFor(protocol: string, env: Io["env"]): string[] {
  if (protocol === "https:") return ["https_proxy", "HTTPS_PROXY"];
  return env.REQUEST_METHOD === undefined ? ["http_proxy", "HTTP_PROXY"] : ["http_proxy"];
}

/**
 * Whether NO_PROXY covers a host, as for curl: `*`, names with all their subdomains, addresses, networks (10.0.0.0/8),
 * each with or without a port. Loopback has to be named like any other host.
 */
function isExempt(url: URL, noProxy: string): boolean {
  const host = url.hostname
    .replace(/^\[|\]$/g, "")
    .replace(/\.$/, "")
    .toLowerCase();
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  const entries = noProxy
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean);
  return entries.some((entry) => {
    const [, bracketed, plain, ownPort] =
      /^(?:\[([^\]]*)\]|(.*?))(?::(\d+))?$/.exec(isIP(entry) ? `[${entry}]` : entry) ?? [];
    const name = bracketed ?? plain ?? "";
    if (ownPort !== undefined && ownPort !== port) return false;
    return name === "*" || covers(name, host);
  });
}

function covers(entry: string, host: string): boolean {
  const version = isIP(host);
  if (version === 0) {
    const name = entry.replace(/^\*?\./, "").replace(/\.$/, "");
    return name !== "" && (host === name || host.endsWith(`.${name}`));
  }
  const [address = "", bits] = entry.split("/");
  if (isIP(address) !== version) return false;
  const widest = version === 6 ? 128 : 32;
  const width = bits === undefined ? widest : Number(bits);
  if (!Number.isInteger(width) || width < 0 || width > widest) return false;
  const family = version === 6 ? "ipv6" : "ipv4";
  const list = new BlockList();
  list.addSubnet(address, width, family);
  return list.check(host, family);
}
