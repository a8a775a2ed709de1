import type { ChannelFacts, Message, MessageInput, OpenChannel } from "../../broadcast/channel.ts";
import { usageError } from "../../errors.ts";
import type { Account, ChannelModule } from "../errcode/account.ts";
import { createJsonBody } from "../errcode/json-body.ts";
import { createSender } from "../errcode/sender.ts";
import { emphasisOf } from "../errcode/template-body.ts";
import { toNamedMessage } from "../errcode/template-message.ts";
import { createTokenApi } from "../errcode/token-api.ts";
import { parseApiBase } from "../http/api-base.ts";
import { PATHS, QQ_IDS, tokenEndpoints } from "./account.ts";
import { SUBSCRIBE_SEND } from "./subscribe-errcodes.ts";

const facts: ChannelFacts = {
  name: "qq-subscribe",
  platform: "qq",
  title:
    "QQ mini programs: subscription messages, one a day by a long-term subscription, or one for each consent",
  permission: "consent",
  repeat: "same_day",
  guarantee:
    "with a long-term subscription, exactly once while nobody else sends to the same users on that day: the platform takes one message per user and day, so an attempt without an outcome is repeated until midnight in Beijing; at most once with a one-time consent, which is never sent with again",
  delivers: {
    today: "not confirmed",
    asOf: "2026-06",
    note: "documented, no notice of an end found, and no recent report of success either",
  },
  needs: [
    "an appid and its AppSecret of q.qq.com",
    "consents in pools, from qq.subscribeAppMsg: standing ones for long-term templates",
  ],
  limits: [
    "one message per user and day by a long-term subscription, which ends when the user stays away for a week",
    "messages to one user must be a moment apart (41030: tried again)",
  ],
  messageOptions: ["emphasis", "field", "oacAppid"],
  apiBase: "https://api.q.qq.com",
  poolPrefix: "qq:consent:",
};

export const qqSubscribe: ChannelModule = { facts, open: openSubscribe };

function openSubscribe({
  apiBase,
  apiTimeoutMs: timeoutMs,
  network,
  credentials,
  clock,
}: Account): OpenChannel {
  return {
    ...facts,
    ...QQ_IDS,
    message: toSubscribeMessage,
    render: (message, openId, formId) => JSON.parse(createBody(message)({ openId, formId })),
    problemOf: () => undefined,
    meaningOf: (errcode) => SUBSCRIBE_SEND.get(errcode)?.meaning,
    remedyOf: (errcode) => SUBSCRIBE_SEND.get(errcode)?.hint,
    tokenApi: () =>
      createTokenApi({ endpoints: tokenEndpoints(apiBase), credentials, timeoutMs, clock, network }),
    sender: (message, limits) => {
      const { origin, host, prefix } = parseApiBase(apiBase);
      const path = prefix + PATHS.subscribeSend;
      const bodyFor = createBody(message);
      return createSender({ origin, host, path, table: SUBSCRIBE_SEND, network, bodyFor, ...limits });
    },
  };
}

function toSubscribeMessage(input: MessageInput): Message {
  const { oacAppid } = input.options;
  if (oacAppid !== undefined && !/^\w{1,64}$/.test(oacAppid))
    throw usageError(
      `--oac-appid '${oacAppid}' is not an appid`,
      "copy it from the official account's console",
    );
  const message = toNamedMessage(input);
  return oacAppid === undefined ? message : { ...message, options: { ...message.options, oacAppid } };
}

/** Source: q.qq.com, server API "sendSubscriptionMessage". */
function createBody(message: Message) {
  return createJsonBody(message, {
    head: ({ openId }) => `"touser":${JSON.stringify(openId)}`,
    same: { ...emphasisOf(message), oac_appid: message.options?.oacAppid },
  });
}
