import type { ChannelFacts } from "../../broadcast/channel.ts";
import type { ChannelModule } from "../errcode/account.ts";
import { openAlipayChannel } from "./channel.ts";
import { TEMPLATE_SEND } from "./errcodes.ts";
import { ALIPAY } from "./facts.ts";

const facts: ChannelFacts = {
  ...ALIPAY,
  name: "alipay-template",
  title: "Alipay mini programs: template messages, with the formId of a form or the trade_no of a payment",
  permission: "code",
  guarantee:
    "at most once: Alipay takes a formId three times, so that a repeated message would come twice; an attempt without an outcome stays unknown",
  needs: [...ALIPAY.needs, "formIds in pools, or trade_nos of payments"],
  limits: [
    "a formId lives for 7 days and brings up to three messages; how many a trade_no brings is not documented",
    ...ALIPAY.limits,
  ],
  poolPrefix: "alipay:openid:",
  codeUses: 3,
};

export const alipayTemplate: ChannelModule = {
  facts,
  open: (account) => openAlipayChannel({ facts, table: TEMPLATE_SEND, withCode: true }, account),
};
