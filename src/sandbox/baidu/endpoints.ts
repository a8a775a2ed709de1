import { PATHS, TOKEN_GRANT } from "../../platforms/baidu/wire.ts";
import { sendJson } from "../answers.ts";
import type { Endpoint } from "../endpoint.ts";
import type { Platform, Verdict } from "../platform.ts";
import { answerSend, type Dialect } from "../send-route.ts";
import { afterLatency, type HttpRequest, type Reply } from "../server.ts";
import { queryValue } from "../target.ts";
import { readForm } from "./form.ts";

export const BAIDU_ENDPOINTS: readonly (readonly [path: string, endpoint: Endpoint])[] = [
  [PATHS.token, { kind: "token", method: "POST", answer: answerToken }],
  [PATHS.templateSend, { kind: "send", method: "POST", answer: answerMessage("code") }],
  [PATHS.subscribeSend, { kind: "send", method: "POST", answer: answerMessage("subscription") }],
];

function answerMessage(kind: "code" | "subscription"): Endpoint["answer"] {
  return (platform, request, reply) => {
    const token = queryValue(request.url, "access_token");
    answerSend(platform, () => platform.sendBaidu(kind, token, readForm(request)), reply, DIALECT);
  };
}

/**
 * `gw/` codes are those of the gateway in front of the service, the others the service's. Some texts are not the vendor's.
 */
const WORDS: Record<number | string, string> = {
  "gw/2": "Service temporarily unavailable",
  "gw/6": "No permission to access data",
  "gw/18": "Open api qps request limit reached",
  "gw/17": "Open api daily request limit reached",
  "gw/110": "Access token invalid or no longer valid",
  "gw/111": "Access token expired",
  0: "success",
  2002: "params error",
  4001: "template id error",
  4002: "push message failed",
  4003: "form id invalid",
  4004: "scene id invalid",
  4007: "user not subscribe",
  4010: "openid invalid",
  6001: "no push permission",
};

/**
 * WeChat's errcodes of the faults, mapped to Baidu's. The fault for a day's quota has no effect: Baidu documents none for
 * messages.
 */
const FAULTS: Record<number, number | string> = { [-1]: 4002, 45011: "gw/18", 45103: 6001 };

const DIALECT: Dialect = {
  render: ({ errcode, msgid }: Verdict) => {
    const words = WORDS[errcode] ?? "error";
    const gateway = /^gw\/(\d+)$/.exec(String(errcode))?.[1];
    if (gateway !== undefined) return `{"error_code":${gateway},"error_msg":"${words}"}`;
    const data = errcode === 0 ? `,"data":{"msg_key":${msgid}}` : "";
    return `{"errno":${errcode},"msg":"${words}"${data},"request_id":"2846013597"}`;
  },
  ofFault: (errcode) => ({ errcode: FAULTS[errcode] ?? errcode }),
};

const MONTH_SEC = 30 * 86_400;

/** The parameters may be in the query or in a form. Several tokens are valid at the same time. */
function answerToken(platform: Platform, request: HttpRequest, reply: Reply): void {
  const form = readForm(request);
  const parameter = (name: string) => form.get(name) ?? queryValue(request.url, name);
  const refusal = refuse(platform, parameter);
  afterLatency(platform.settings.latencyMs, () => {
    if (refusal)
      return sendJson(reply, JSON.stringify(refusal), refusal.error === "invalid_client" ? 401 : 400);
    const token = platform.tokens.fetchAnother(MONTH_SEC);
    sendJson(
      reply,
      JSON.stringify({ ...token, scope: TOKEN_GRANT.scope, refresh_token: "", session_key: "" }),
    );
  });
}

function refuse({ settings }: Platform, parameter: (name: string) => string | undefined) {
  const refusal = (error: string, error_description: string) => ({ error, error_description });
  if (parameter("grant_type") !== TOKEN_GRANT.grant_type)
    return refusal("unsupported_grant_type", "The authorization grant type is not supported");
  if (parameter("client_id") !== settings.appid) return refusal("invalid_client", "unknown client id");
  return parameter("client_secret") === settings.secret
    ? undefined
    : refusal("invalid_client", "Client authentication failed");
}
