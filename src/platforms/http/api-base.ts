import { PushCliError } from "../../errors.ts";

/** The parts of an API's address. */
export interface ApiBase {
  origin: string;
  /** `host:port`, for use in messages. */
  host: string;
  hostname: string;
  /** The prefix of its paths: an empty string, or `/some/path`. */
  prefix: string;
}

/**
 * Parses `--api-base`, which may have a path prefix. Throws a `config` error when it is not a plain http(s) URL.
 */
export function parseApiBase(apiBase: string): ApiBase {
  const url = URL.canParse(apiBase) ? new URL(apiBase) : undefined;
  if (!url || !isPlain(url)) throw badApiBase(url ? `${url.protocol}//${url.host}` : apiBase);
  const { origin, host, hostname } = url;
  return { origin, host, hostname, prefix: url.pathname.replace(/\/+$/, "") };
}

/** `name=value`, encoded; unlike encodeURIComponent, it accepts any string. */
export function queryParameter(name: string, value: string): string {
  return new URLSearchParams([[name, value]]).toString();
}

function isPlain(url: URL): boolean {
  const web = url.protocol === "https:" || url.protocol === "http:";
  return web && !url.username && !url.password && !url.search && !url.hash;
}

function badApiBase(shown: string): PushCliError {
  return new PushCliError("config", `the API base ${JSON.stringify(shown)} can't be used`, {
    hint: "give --api-base as http(s)://host[:port][/prefix], without user, query or fragment",
  });
}
