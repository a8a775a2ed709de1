import { PushCliError } from "../errors.ts";
import { PATHS } from "./wire.ts";

/** Where each call goes: an origin, and paths below it that already carry the prefix of the base. */
export interface Endpoints {
  origin: string;
  /** `host:port` for messages. */
  host: string;
  paths: { token: string; stableToken: string | undefined; templateSend: string };
}

/**
 * QQ mini programs speak the same bodies and answers under other paths, and have no stable token.
 * Source: q.qq.com, server API "getAccessToken" and "sendTemplateMessage".
 */
const QQ_HOST = "api.q.qq.com";
const QQ_PATHS = { token: "/api/getToken", stableToken: undefined, templateSend: "/api/json/template/send" };

/** Splits `--api-base`, which may carry a path prefix. Throws a `config` error when it is no plain http(s) URL. */
export function parseApiBase(apiBase: string): Endpoints {
  const url = URL.canParse(apiBase) ? new URL(apiBase) : undefined;
  if (!url || !isPlain(url)) throw badApiBase(url ? `${url.protocol}//${url.host}` : apiBase);
  const prefix = url.pathname.replace(/\/+$/, "");
  return {
    origin: url.origin,
    host: url.host,
    paths: url.hostname === QQ_HOST ? QQ_PATHS : under(prefix),
  };
}

/** `name=value`, encoded; unlike encodeURIComponent it takes any string. */
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

function under(prefix: string): Endpoints["paths"] {
  return {
    token: prefix + PATHS.token,
    stableToken: prefix + PATHS.stableToken,
    templateSend: prefix + PATHS.templateSend,
  };
}
