import { type ApiBase, parseApiBase } from "../http/api-base.ts";
import { PATHS } from "./wire.ts";

/** Where each call goes: an origin, and paths below it that already carry the prefix of the base. */
export interface Endpoints extends Pick<ApiBase, "origin" | "host"> {
  paths: { token: string; stableToken: string | undefined; templateSend: string };
}

/**
 * QQ mini programs speak the same bodies and answers under other paths, and have no stable token.
 * Source: q.qq.com, server API "getAccessToken" and "sendTemplateMessage".
 */
const QQ_HOST = "api.q.qq.com";
const QQ_PATHS = { token: "/api/getToken", stableToken: undefined, templateSend: "/api/json/template/send" };

/** Throws a `config` error when it is no plain http(s) URL. */
export function endpointsAt(apiBase: string): Endpoints {
  const { origin, host, hostname, prefix } = parseApiBase(apiBase);
  return { origin, host, paths: hostname === QQ_HOST ? QQ_PATHS : under(prefix) };
}

function under(prefix: string): Endpoints["paths"] {
  return {
    token: prefix + PATHS.token,
    stableToken: prefix + PATHS.stableToken,
    templateSend: prefix + PATHS.templateSend,
  };
}
