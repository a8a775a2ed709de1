import type { ChannelFacts, Message, OpenChannel, SenderOptions } from "../../broadcast/channel.ts";
import type { MessageSender } from "../../broadcast/ports.ts";
import { messageOf } from "../../errors.ts";
import type { Account } from "../errcode/account.ts";
import { idsOf } from "../errcode/ids.ts";
import type { ErrcodeTable } from "../errcode/verdicts.ts";
import { openHttp } from "../http/http.ts";
import { verdictOn } from "./errcodes.ts";
import { gatewayOf } from "./gateway.ts";
import { readKeys } from "./keys.ts";
import { createBizContent, problemOfValue, toAlipayMessage } from "./message.ts";
import { readSendAnswer } from "./send-answer.ts";
import { createSigner } from "./signed-request.ts";

/** The differences between the two kinds of messages. */
export interface AlipayChannel {
  facts: ChannelFacts;
  table: ErrcodeTable;
  /** Each message needs a formId. */
  withCode: boolean;
}

/** Template ids as in the vendor's examples: base64 of 32 hex digits. */
const ids = idsOf({
  name: "Alipay",
  host: /^openapi(-sandbox\.dl)?\.alipay(dev)?\.com\.?$/,
  template: { fits: /^[\w-]{8,62}={0,2}$/, form: "8 to 64 letters, digits, _, - and = at the end" },
});

export function openAlipayChannel(of: AlipayChannel, account: Account): OpenChannel {
  const { facts, table, withCode } = of;
  return {
    ...facts,
    ...ids,
    message: toAlipayMessage,
    render: (message, openId, formId) => JSON.parse(createBizContent(message, withCode)({ openId, formId })),
    problemOf: problemOfValue,
    meaningOf: (errcode) => verdictOn(table, errcode)?.meaning,
    remedyOf: (errcode) => verdictOn(table, errcode)?.hint,
    sender: (message, options) => createAlipaySender(of, account, message, options),
  };
}

/** Rejects with a `credentials` error for invalid keys. */
async function createAlipaySender(
  { table, withCode }: AlipayChannel,
  { apiBase, network, clock, signing }: Account,
  message: Message,
  { concurrency: connections, timeoutMs }: SenderOptions,
): Promise<MessageSender> {
  const keys = readKeys(await signing());
  const { path, ...address } = gatewayOf(apiBase);
  const sign = createSigner(path, keys, clock);
  const bizOf = createBizContent(message, withCode);
  const http = await openHttp({
    ...address,
    connections,
    timeoutMs,
    network,
    contentType: "application/x-www-form-urlencoded;charset=utf-8",
  });
  return {
    send: (to, _token, onAnswer) =>
      sign({ biz_content: bizOf(to) }, (request) => {
        if (request instanceof Error)
          onAnswer({ class: "unsent", errmsg: `the request can't be signed: ${messageOf(request)}` });
        else http.dispatch(request, (reply) => onAnswer(readSendAnswer(reply, to, table, keys)));
      }),
    close: () => http.close(),
  };
}
