import type { ChannelFacts } from "../../broadcast/channel.ts";
import type { ChannelModule } from "../errcode/account.ts";
import { openTemplateChannel } from "../errcode/template-channel.ts";
import { tokenEndpoints } from "./account.ts";
import { createTokenCheck } from "./check-token.ts";
import { TEMPLATE_SEND } from "./errcodes.ts";
import { WECHAT_IDS } from "./ids.ts";
import { PATHS } from "./wire.ts";

const facts: ChannelFacts = {
  name: "wechat-template",
  platform: "wechat",
  title: "WeChat template messages, one for each formId",
  permission: "code",
  repeat: "by_code",
  guarantee:
    "exactly once with a formId, which the platform takes a single time; at most once with a prepay_id, which it takes three times",
  delivers: {
    today: "no",
    asOf: "2020-01-10",
    note: "withdrawn by WeChat (errcodes 45103 and 45109); compatible endpoints and the sandbox still take them",
  },
  needs: ["an appid and its AppSecret", "formIds in pools, or prepay_ids of payments"],
  limits: ["a formId lives for 7 days and brings one message, a prepay_id three"],
  apiBase: "https://api.weixin.qq.com",
  messageOptions: ["emphasis"],
  poolPrefix: "openid:",
};

export const wechatTemplate: ChannelModule = {
  facts,
  open: (account) => ({
    ...openTemplateChannel(
      { facts, ids: WECHAT_IDS, sendPath: PATHS.templateSend, table: TEMPLATE_SEND, tokenEndpoints },
      account,
    ),
    checkToken: createTokenCheck(account, PATHS.templateSend),
  }),
};
