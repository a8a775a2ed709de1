import type { ChannelFacts } from "../../broadcast/channel.ts";
import type { ChannelModule } from "../errcode/account.ts";
import { openTemplateChannel } from "../errcode/template-channel.ts";
import { PATHS, QQ_IDS, tokenEndpoints } from "./account.ts";
import { TEMPLATE_SEND } from "./errcodes.ts";

const facts: ChannelFacts = {
  name: "qq-template",
  platform: "qq",
  title: "QQ mini programs: template messages, one for each formId",
  permission: "code",
  repeat: "by_code",
  guarantee:
    "exactly once with a formId, which the platform takes a single time; at most once with a prepay_id, which it takes three times",
  delivers: {
    today: "not confirmed",
    asOf: "2026-06",
    note: "documented in 2020, no notice of an end found, and no recent report of success either",
  },
  needs: ["an appid and its AppSecret of q.qq.com", "formIds in pools, or prepay_ids of payments"],
  limits: ["a formId lives for 7 days and brings one message, a prepay_id three"],
  apiBase: "https://api.q.qq.com",
  messageOptions: ["emphasis"],
  poolPrefix: "qq:openid:",
};

export const qqTemplate: ChannelModule = {
  facts,
  open: (account) =>
    openTemplateChannel(
      { facts, ids: QQ_IDS, sendPath: PATHS.templateSend, table: TEMPLATE_SEND, tokenEndpoints },
      account,
    ),
};
