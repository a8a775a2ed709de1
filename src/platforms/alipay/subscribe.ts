import type { ChannelFacts } from "../../broadcast/channel.ts";
import type { ChannelModule } from "../errcode/account.ts";
import { openAlipayChannel } from "./channel.ts";
import { SUBSCRIPTION_SEND } from "./errcodes.ts";
import { ALIPAY } from "./facts.ts";

const facts: ChannelFacts = {
  ...ALIPAY,
  name: "alipay-subscribe",
  title: "Alipay mini programs: subscription messages, one for each consent of the user",
  permission: "consent",
  guarantee:
    "at most once: nothing tells a repeated message from another one, and Alipay sends no receipts; an attempt without an outcome stays unknown",
  needs: [...ALIPAY.needs, "consents in pools, from my.requestSubscribeMessage"],
  limits: [
    "one message for each consent to a one-time template, which add up; of a long-term template as many as the user lets pass",
    ...ALIPAY.limits,
  ],
  poolPrefix: "alipay:consent:",
};

export const alipaySubscribe: ChannelModule = {
  facts,
  open: (account) =>
    openAlipayChannel(
      {
        facts,
        table: SUBSCRIPTION_SEND,
        withCode: false,
      },
      account,
    ),
};
