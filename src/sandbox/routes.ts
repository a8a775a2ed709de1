import { PATHS } from "../platforms/wechat/wire.ts";
import { ALIPAY_ENDPOINTS } from "./alipay/endpoints.ts";
import { renderErrcode, sendBadGateway, sendGarbage, sendJson, sendPortal, sendText } from "./answers.ts";
import { BAIDU_ENDPOINTS } from "./baidu/endpoints.ts";
import { answerControl, CONTROL_PREFIX, INDEX } from "./control-route.ts";
import type { Endpoint } from "./endpoint.ts";
import type { OutageKind } from "./outage.ts";
import type { Platform } from "./platform.ts";
import { QQ_ENDPOINTS } from "./qq/endpoints.ts";
import { answerSend } from "./send-route.ts";
import { afterLatency, type HttpRequest, type Reply } from "./server.ts";
import { pathOf, queryValue } from "./target.ts";
import { answerStableToken, answerToken } from "./token-route.ts";
import { answerGetTemplate, answerLogin, answerQuotaGet } from "./wechat/account-route.ts";

const ENDPOINTS: ReadonlyMap<string, Endpoint> = new Map<string, Endpoint>([
  [
    PATHS.token,
    {
      kind: "token",
      method: "GET",
      answer: (platform, { url }, reply) => answerToken(platform, url, reply),
    },
  ],
  [
    PATHS.stableToken,
    {
      kind: "token",
      method: "POST",
      answer: (platform, { body }, reply) => answerStableToken(platform, body, reply),
    },
  ],
  [
    PATHS.templateSend,
    {
      kind: "send",
      method: "POST",
      answer: (platform, { url, body }, reply) =>
        answerSend(platform, () => platform.send(queryValue(url, "access_token"), body), reply),
    },
  ],
  [
    PATHS.subscribeSend,
    {
      kind: "send",
      method: "POST",
      answer: (platform, { url, body }, reply) =>
        answerSend(platform, () => platform.sendSubscribe(queryValue(url, "access_token"), body), reply),
    },
  ],
  [PATHS.getTemplate, { kind: "account", method: "GET", answer: answerGetTemplate }],
  [PATHS.quotaGet, { kind: "account", method: "POST", answer: answerQuotaGet }],
  [
    PATHS.mpTemplateSend,
    {
      kind: "send",
      method: "POST",
      answer: (platform, { url, body }, reply) =>
        answerSend(platform, () => platform.sendMp(queryValue(url, "access_token"), body), reply),
    },
  ],
  ...QQ_ENDPOINTS,
  [PATHS.jscode2session, { kind: "account", method: "GET", answer: answerLogin }],
  ...BAIDU_ENDPOINTS,
  ...ALIPAY_ENDPOINTS,
]);

/** Handles one request to the API, to /sandbox/ or to /. */
export function handleRequest(platform: Platform, request: HttpRequest, reply: Reply): void {
  const path = pathOf(request.url);
  if (path === "/") sendText(reply, 200, INDEX);
  else if (path.startsWith(CONTROL_PREFIX)) answerControl(platform, request, reply);
  else answerApi(platform, ENDPOINTS.get(path), request, reply);
}

function answerApi(
  platform: Platform,
  endpoint: Endpoint | undefined,
  request: HttpRequest,
  reply: Reply,
): void {
  platform.tally.requests += 1;
  const outage = endpoint && platform.outage.meet(endpoint.kind);
  if (outage) answerDown(platform, outage, reply);
  else if (endpoint === undefined) sendText(reply, 404, "not found; see /\n");
  else if (endpoint.method === request.method) endpoint.answer(platform, request, reply);
  else {
    const errcode = endpoint.method === "GET" ? 43001 : 43002;
    platform.tally.countErrcode(errcode);
    sendJson(reply, renderErrcode(errcode));
  }
}

/** No message is judged while the API is down. */
function answerDown(platform: Platform, kind: OutageKind, reply: Reply): void {
  platform.tally.countFault(`outage-${kind}`);
  afterLatency(platform.settings.latencyMs, () => {
    if (kind === "502") sendBadGateway(reply);
    else if (kind === "html") sendPortal(reply);
    else if (kind === "garbage") sendGarbage(reply);
    else if (kind === "busy") sendJson(reply, renderErrcode(-1));
    else if (kind !== "silent") reply.reset();
  });
}
