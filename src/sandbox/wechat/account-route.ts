import { renderErrcode, sendJson } from "../answers.ts";
import { isObject, parseJson } from "../json.ts";
import type { Platform } from "../platform.ts";
import { afterLatency, type HttpRequest, type Reply } from "../server.ts";
import { queryValue } from "../target.ts";

const OK = { errcode: 0, errmsg: "ok" };
/** An answer, or an errcode. */
type Outcome = object | number;

/** Handles GET /wxaapi/newtmpl/gettemplate. */
export function answerGetTemplate(platform: Platform, { url }: HttpRequest, reply: Reply): void {
  const refused =
    platform.tokens.check(queryValue(url, "access_token")) || platform.quotas.take("getTemplate");
  answerLater(platform, refused || { ...OK, data: platform.subscriptions.templates.list() }, reply);
}

/** Handles POST /cgi-bin/openapi/quota/get. Errcodes from the vendor's page on getApiQuota. */
export function answerQuotaGet(platform: Platform, { url, body }: HttpRequest, reply: Reply): void {
  const refused = platform.tokens.check(queryValue(url, "access_token"));
  answerLater(platform, refused || readQuota(platform, body), reply);
}

/** Handles GET /sns/jscode2session. */
export function answerLogin(platform: Platform, { url }: HttpRequest, reply: Reply): void {
  const grantType = queryValue(url, "grant_type");
  const code = queryValue(url, "js_code");
  const account = { appid: queryValue(url, "appid"), secret: queryValue(url, "secret") };
  const refused =
    grantType === "authorization_code"
      ? platform.authenticate({ ...account, grantType: "client_credential" })
      : 40002;
  // Only the token endpoints answer a wrong secret with 40001.
  if (refused) answerLater(platform, refused === 40001 ? 40125 : refused, reply);
  else answerLater(platform, code ? platform.logins.exchange(code) : 41008, reply);
}

function readQuota(platform: Platform, body: string): Outcome {
  const request = parseJson(body);
  if (!isObject(request)) return 47001;
  const { cgi_path: path } = request;
  if (typeof path !== "string" || !path.startsWith("/")) return 76003;
  if (path.startsWith("/sns/")) return 76022;
  const quota = platform.quotas.read(path);
  return quota === undefined ? 76021 : { ...OK, quota };
}

function answerLater(platform: Platform, outcome: Outcome, reply: Reply): void {
  if (typeof outcome === "number") platform.tally.countErrcode(outcome);
  const body = typeof outcome === "number" ? renderErrcode(outcome) : JSON.stringify(outcome);
  afterLatency(platform.settings.latencyMs, () => sendJson(reply, body));
}
