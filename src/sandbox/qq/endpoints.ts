import type { Endpoint } from "../endpoint.ts";
import { answerSend, type Dialect } from "../send-route.ts";
import { queryValue } from "../target.ts";
import { answerToken } from "../token-route.ts";
import type { Verdict } from "../verdict.ts";

const ERRMSGS: Readonly<Record<number | string, string>> = {
  0: "ok",
  40014: "access_token expired",
  40015: "oac_appid invalid",
  40035: "parameters invalid",
  40036: "internal error",
  40037: "template_id invalid",
  41030: "push to the same user too fast",
  46001: "user has not subscribed",
  46002: "over the limit of the day",
  46003: "user rejects",
  47001: "banned from sending messages",
};

/** QQ's errcodes for WeChat's faults; those for the token are the same. */
const OF_SUBSCRIPTIONS = new Map<number | string, number>([
  [-1, 40036],
  [43108, 41030],
  [45103, 47001],
  [40001, 40014],
  [41001, 40014],
  [42001, 40014],
]);

const OF_TEMPLATES = new Map<number | string, number>([
  [40001, 40014],
  [42001, 40014],
]);

function dialectOf(names: ReadonlyMap<number | string, number>): Dialect {
  const ofFault = (errcode: number): Verdict => ({ errcode: names.get(errcode) ?? errcode });
  const render = ({ errcode }: Verdict) =>
    JSON.stringify({ errcode, errmsg: ERRMSGS[errcode] ?? "unknown error" });
  return { ofFault, render: (verdict) => render({ errcode: names.get(verdict.errcode) ?? verdict.errcode }) };
}

const SUBSCRIPTIONS = dialectOf(OF_SUBSCRIPTIONS);
const TEMPLATES = dialectOf(OF_TEMPLATES);

/**
 * Endpoints of api.q.qq.com, written from its documentation, not from the client. Its login has WeChat's path and
 * answers.
 */
export const QQ_ENDPOINTS: readonly (readonly [path: string, endpoint: Endpoint])[] = [
  [
    "/api/getToken",
    {
      kind: "token",
      method: "GET",
      answer: (platform, { url }, reply) => answerToken(platform, url, reply),
    },
  ],
  [
    "/api/json/template/send",
    {
      kind: "send",
      method: "POST",
      answer: (platform, { url, body }, reply) =>
        answerSend(platform, () => platform.send(queryValue(url, "access_token"), body), reply, TEMPLATES),
    },
  ],
  [
    "/api/json/subscribe/SendSubscriptionMessage",
    {
      kind: "send",
      method: "POST",
      answer: (platform, { url, body }, reply) =>
        answerSend(
          platform,
          () => platform.sendQqSubscription(queryValue(url, "access_token"), body),
          reply,
          SUBSCRIPTIONS,
        ),
    },
  ],
];
