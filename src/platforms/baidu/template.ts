import type { ChannelFacts } from "../../broadcast/channel.ts";
import type { ChannelModule } from "../errcode/account.ts";
import { openBaiduChannel } from "./channel.ts";
import { TEMPLATE_SEND } from "./errcodes.ts";
import { BAIDU } from "./facts.ts";
import { addressTemplate } from "./message.ts";
import { PATHS } from "./wire.ts";

const facts: ChannelFacts = {
  ...BAIDU,
  name: "baidu-template",
  title: "Baidu smart programs: template messages, with the formId of a form or the id of a payment",
  permission: "code",
  repeat: "by_code",
  guarantee:
    "at most once; a form's code is sent with again after a lost answer, which never delivers twice, but whether the first attempt arrived stays unknown when Baidu then refuses the code",
  needs: [
    ...BAIDU.needs,
    'formIds in pools, or ids of payments with "scene":2 (Baidu\'s cashier) or 3 (a direct order)',
  ],
  limits: [
    "codes live for 7 days; one of a form brings one message, one of a payment three",
    "a code that ends in 0 is a guest's, whose pool goes by the swan_id; one that ends in 1 is a user's, by openId",
  ],
  poolPrefix: "baidu:openid:",
};

export const baiduTemplate: ChannelModule = {
  facts,
  open: (account) =>
    openBaiduChannel(
      {
        facts,
        sendPath: PATHS.templateSend,
        table: TEMPLATE_SEND,
        address: addressTemplate,
      },
      account,
    ),
};
