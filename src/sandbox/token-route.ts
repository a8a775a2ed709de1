import type { WireToken } from "../platforms/wechat/wire.ts";
import { renderErrcode, sendJson } from "./answers.ts";
import { isObject, parseJson } from "./json.ts";
import type { Platform } from "./platform.ts";
import { afterLatency, type Reply } from "./server.ts";
import { queryValue } from "./target.ts";

/** Answers GET /cgi-bin/token. */
export function answerToken(platform: Platform, url: string, reply: Reply): void {
  const refused = platform.authenticate({
    grantType: queryValue(url, "grant_type"),
    appid: queryValue(url, "appid"),
    secret: queryValue(url, "secret"),
  });
  answerLater(platform, refused || platform.tokens.fetchBasic(), reply);
}

/** Answers POST /cgi-bin/stable_token. */
export function answerStableToken(platform: Platform, body: string, reply: Reply): void {
  answerLater(platform, fetchStable(platform, body), reply);
}

function fetchStable(platform: Platform, body: string): WireToken | number {
  const request = parseJson(body);
  if (!isObject(request)) return 47001;
  const { grant_type: grantType, appid, secret, force_refresh: force = false } = request;
  if (typeof force !== "boolean") return 47001;
  return platform.authenticate({ grantType, appid, secret }) || platform.tokens.fetchStable(force);
}

function answerLater(platform: Platform, token: WireToken | number, reply: Reply): void {
  if (typeof token === "number") platform.tally.countErrcode(token);
  const body = typeof token === "number" ? renderRefusal(token) : JSON.stringify(token);
  afterLatency(platform.settings.latencyMs, () => sendJson(reply, body));
}

/** 40001 is about the token at a send, and about the secret here. */
function renderRefusal(errcode: number): string {
  return errcode === 40001 ? renderErrcode(errcode, "invalid appsecret") : renderErrcode(errcode);
}
