import { PATHS } from "../wechat/wire.ts";
import { renderErrcode, sendJson, sendText } from "./answers.ts";
import type { Reply } from "./connection.ts";
import { answerControl, CONTROL_PREFIX, INDEX } from "./control-route.ts";
import type { Platform } from "./platform.ts";
import type { HttpRequest } from "./request-parser.ts";
import { answerSend } from "./send-route.ts";
import { pathOf, queryValue } from "./target.ts";
import { answerStableToken, answerToken } from "./token-route.ts";

interface Endpoint {
  method: "GET" | "POST";
  answer(platform: Platform, request: HttpRequest, reply: Reply): void;
}

const ENDPOINTS: ReadonlyMap<string, Endpoint> = new Map<string, Endpoint>([
  [PATHS.token, { method: "GET", answer: (platform, { url }, reply) => answerToken(platform, url, reply) }],
  [
    PATHS.stableToken,
    { method: "POST", answer: (platform, { body }, reply) => answerStableToken(platform, body, reply) },
  ],
  [
    PATHS.templateSend,
    {
      method: "POST",
      answer: (platform, { url, body }, reply) =>
        answerSend(platform, queryValue(url, "access_token"), body, reply),
    },
  ],
]);

/** Answers one request to the API, to /sandbox/ or to /. */
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
  if (endpoint === undefined) sendText(reply, 404, "not found; see /\n");
  else if (endpoint.method === request.method) endpoint.answer(platform, request, reply);
  else {
    const errcode = endpoint.method === "GET" ? 43001 : 43002;
    platform.tally.countErrcode(errcode);
    sendJson(reply, renderErrcode(errcode));
  }
}
