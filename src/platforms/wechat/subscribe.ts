import type { ChannelFacts, OpenChannel } from "../../broadcast/channel.ts";
import type { Account, ChannelModule } from "../errcode/account.ts";
import { createSender } from "../errcode/sender.ts";
import { createTokenApi } from "../errcode/token-api.ts";
import { parseApiBase } from "../http/api-base.ts";
import { tokenEndpoints } from "./account.ts";
import { createTokenCheck } from "./check-token.ts";
import { WECHAT_IDS } from "./ids.ts";
import { viewAccount } from "./subscribe/account.ts";
import { createSubscribeBody } from "./subscribe/body.ts";
import { SUBSCRIBE_SEND } from "./subscribe/errcodes.ts";
import { checkField, truncateField } from "./subscribe/fields.ts";
import { makeMessage } from "./subscribe/message.ts";
import { cutsOwnTexts } from "./subscribe/options.ts";
import { judgeMessage } from "./subscribe/preflight.ts";
import { PATHS } from "./wire.ts";

const facts: ChannelFacts = {
  name: "wechat-subscribe",
  platform: "wechat",
  title: "WeChat subscribe messages, one for each consent of the user",
  permission: "consent",
  repeat: "never",
  guarantee:
    "at most once: nothing tells a repeated message from another one, so an attempt without an outcome stays unknown; exactly once after receipts, which say what became of it",
  delivers: {
    today: "yes",
    asOf: "2026-06",
    note: "what WeChat has in the place of template messages since 2020",
  },
  needs: [
    "an appid and its AppSecret",
    "templates for subscribe messages in the account: push-cli template list",
    "consents in pools, from wx.requestSubscribeMessage",
  ],
  limits: [
    "one message for each consent, at any time; of a long-term template as many as the user lets pass",
    "10 million messages a day, 30 million for accounts with payments",
  ],
  messageOptions: ["field", "lang", "miniprogramState", "truncate", "preflight"],
  apiBase: "https://api.weixin.qq.com",
  poolPrefix: "consent:",
  receipts: true,
  // The vendor gives no figure, only the advice to send less at once after bursts of -1; each -1 leaves an unknown
  // outcome.
  startRate: 50,
};

export const wechatSubscribe: ChannelModule = { facts, open: openSubscribe };

function openSubscribe(account: Account): OpenChannel {
  const { apiBase, apiTimeoutMs: timeoutMs, network, credentials, clock } = account;
  return {
    ...facts,
    ...WECHAT_IDS,
    message: makeMessage,
    render: (message, openId, formId) => JSON.parse(createSubscribeBody(message)({ openId, formId })),
    problemOf: (field, message) => {
      const problem = checkField(cutsOwnTexts(message) ? truncateField(field) : field, field.values);
      return problem?.severity === "error" ? problem.what : undefined;
    },
    meaningOf: (errcode) => SUBSCRIBE_SEND.get(errcode)?.meaning,
    remedyOf: (errcode) => SUBSCRIBE_SEND.get(errcode)?.hint,
    tokenApi: () =>
      createTokenApi({
        endpoints: tokenEndpoints(apiBase),
        credentials,
        timeoutMs,
        clock,
        network,
      }),
    sender: (message, limits) => {
      const { origin, host, prefix } = parseApiBase(apiBase);
      const path = prefix + PATHS.subscribeSend;
      const bodyFor = createSubscribeBody(message);
      return createSender({
        origin,
        host,
        path,
        table: SUBSCRIBE_SEND,
        network,
        bodyFor,
        ...limits,
      });
    },
    checkToken: createTokenCheck(account, PATHS.subscribeSend),
    templates: async () => (await view(account)).templates(),
    preflight: async (input) => {
      const seen = await view(account);
      const judged = judgeMessage(input, await seen.templates(input.templateId));
      return { ...judged, quotaLeft: await seen.quotaLeft() };
    },
  };
}

async function view(account: Account) {
  const { apiBase, apiTimeoutMs: timeoutMs, network, credentials, clock, tokens, templateCache } = account;
  const { appid } = credentials();
  const shared = { tokens: await tokens(), cache: await templateCache() };
  return viewAccount({ appid, apiBase, network, clock, timeoutMs, ...shared });
}
