import { isIP, isIPv4 } from "node:net";
import { usageError } from "../../errors.ts";

/** Where a server takes connections. */
export type Listen = { host: string; port: number } | { socketPath: string };

const HINT = "such as 127.0.0.1:8787, [::1]:8787, 0.0.0.0:8787 or unix:/run/push-cli/collector.sock";

/** `host:port`, or `unix:` and an absolute path. Throws a usage error. */
export function parseListen(text: string): Listen {
  const socketPath = /^unix:(?:\/\/)?(\/.*[^/])$/.exec(text)?.[1];
  if (socketPath !== undefined) return { socketPath };
  const [, bracketed, name, digits] = /^(?:\[([^\]]*)\]|([^:[\]]*)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? name ?? "";
  const port = Number(digits);
  const isHost = bracketed === undefined ? isIPv4(host) || isName(host) : isIP(host) === 6;
  if (isHost && port <= 65_535) return { host, port };
  throw usageError(`--listen: "${text}" is not a valid listen address`, HINT);
}

/** Whether nobody but this machine gets there. */
export function isPrivate(listen: Listen): boolean {
  if ("socketPath" in listen) return true;
  const { host } = listen;
  return host === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."));
}

/** Not of digits and dots alone: 127.0.0 would be looked up as a name. */
function isName(host: string): boolean {
  return /^(?=.*[a-z])[a-z\d]([a-z\d.-]*[a-z\d])?$/i.test(host);
}
