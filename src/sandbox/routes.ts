import type { IncomingMessage, ServerResponse } from "node:http";
import { PATHS } from "../wechat/wire.ts";
import { renderErrcode, sendJson, sendText } from "./answers.ts";
import { answerControl, CONTROL_PREFIX, INDEX } from "./control-route.ts";
import type { Platform } from "./platform.ts";
import { pathOf, queryValue, readBody } from "./requests.ts";
import { answerSend } from "./send-route.ts";
import { answerStableToken, answerToken } from "./token-route.ts";

/** Answers one request. The body is read first whatever the answer, or the connection could not be used again. */
export function handleRequest(platform: Platform, req: IncomingMessage, res: ServerResponse): void {
  readBody(req, (body, tooLarge) => {
    const { url = "/", method = "GET" } = req;
    const path = pathOf(url);
    const isControl = path === "/" || path.startsWith(CONTROL_PREFIX);
    if (!isControl) platform.tally.requests += 1;
    if (tooLarge) return sendText(res, 413, "a body may have 1 MiB\n");
    switch (path) {
      case PATHS.templateSend:
        if (method !== "POST") return refuse(platform, 43002, res);
        return answerSend(platform, queryValue(url, "access_token"), body, res);
      case PATHS.stableToken:
        if (method !== "POST") return refuse(platform, 43002, res);
        return answerStableToken(platform, body, res);
      case PATHS.token:
        if (method !== "GET") return refuse(platform, 43001, res);
        return answerToken(platform, url, res);
      case "/":
        return sendText(res, 200, INDEX);
      default:
        if (isControl) return answerControl(platform, method, url, body, res);
        return sendText(res, 404, "not found; see /\n");
    }
  });
}

function refuse(platform: Platform, errcode: number, res: ServerResponse): void {
  platform.tally.countErrcode(errcode);
  sendJson(res, renderErrcode(errcode));
}
