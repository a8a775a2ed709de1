import type { ChannelFacts, OpenChannel } from "../../broadcast/channel.ts";
import type { Account, ChannelModule } from "../errcode/account.ts";
import { createSender } from "../errcode/sender.ts";
import { createTokenApi } from "../errcode/token-api.ts";
import { parseApiBase } from "../http/api-base.ts";
import { tokenEndpoints } from "./account.ts";
import { createTokenCheck } from "./check-token.ts";
import { WECHAT_IDS } from "./ids.ts";
import { MP_SEND } from "./mp/errcodes.ts";
import { createMpBody, makeMpMessage } from "./mp/message.ts";
import { PATHS } from "./wire.ts";

const facts: ChannelFacts = {
  name: "wechat-mp",
  platform: "wechat",
  title: "WeChat official (service) accounts: template messages to followers",
  permission: "none",
  repeat: "ten_minutes",
  guarantee:
    "exactly once within ten minutes of the first attempt, in which the platform knows a repeated message by its client_msg_id; at most once after that: an attempt without an outcome stays unknown unless a receipt tells of it",
  delivers: { today: "yes", asOf: "2026-06", note: "documented by the vendor, and in wide use" },
  needs: [
    "appid and AppSecret of a verified service account",
    "templates in that account",
    "a list of followers, by the openIds that they have there: --to or --to-file",
  ],
  limits: [
    "100,000 messages a day, more for accounts with 100,000 followers and more",
    "followers only; nothing is spent, and nothing is pooled",
  ],
  messageOptions: ["field", "url", "miniprogramAppid"],
  apiBase: "https://api.weixin.qq.com",
  poolPrefix: "mp:",
  receipts: true,
};

export const wechatMp: ChannelModule = { facts, open: openMp };

function openMp(account: Account): OpenChannel {
  const { apiBase, apiTimeoutMs: timeoutMs, network, credentials, clock } = account;
  return {
    ...facts,
    ...WECHAT_IDS,
    message: makeMpMessage,
    render: (message, openId, formId) => JSON.parse(createMpBody(message)({ openId, formId })),
    problemOf: () => undefined,
    meaningOf: (errcode) => MP_SEND.get(errcode)?.meaning,
    remedyOf: (errcode) => MP_SEND.get(errcode)?.hint,
    tokenApi: () =>
      createTokenApi({ endpoints: tokenEndpoints(apiBase), credentials, timeoutMs, clock, network }),
    sender: (message, { broadcastId, ...limits }) => {
      const { origin, host, prefix } = parseApiBase(apiBase);
      const path = prefix + PATHS.mpTemplateSend;
      const bodyFor = createMpBody(message, broadcastId);
      return createSender({ origin, host, path, table: MP_SEND, network, bodyFor, ...limits });
    },
    checkToken: createTokenCheck(account, PATHS.mpTemplateSend),
  };
}
