import type { ChannelFacts } from "../../broadcast/channel.ts";
import type { ChannelModule } from "../errcode/account.ts";
import { openBaiduChannel } from "./channel.ts";
import { SUBSCRIBE_SEND } from "./errcodes.ts";
import { BAIDU } from "./facts.ts";
import { addressSubscriber } from "./message.ts";
import { PATHS } from "./wire.ts";

const facts: ChannelFacts = {
  ...BAIDU,
  name: "baidu-subscribe",
  title: "Baidu smart programs: subscription messages, one for each subscribe_id that a user agreed to",
  permission: "consent",
  repeat: "always",
  guarantee:
    "at most once; sent again after a lost answer, which never delivers twice, but whether the first attempt arrived stays unknown when Baidu then says 4007",
  needs: [...BAIDU.needs, "subscriptions in pools: consents whose id is the subscribe_id"],
  limits: [
    "one message for each subscribe_id, without a time limit",
    "a user who agrees again under the same subscribe_id still gets one message: choose another one each time",
  ],
  poolPrefix: "baidu:consent:",
};

export const baiduSubscribe: ChannelModule = {
  facts,
  open: (account) =>
    openBaiduChannel(
      {
        facts,
        sendPath: PATHS.subscribeSend,
        table: SUBSCRIBE_SEND,
        address: addressSubscriber,
      },
      account,
    ),
};
