import type { ChannelFacts, Message, OpenChannel, SenderOptions } from "../../broadcast/channel.ts";
import type { MessageSender } from "../../broadcast/ports.ts";
import type { Account } from "../errcode/account.ts";
import { idsOf } from "../errcode/ids.ts";
import { rememberLast } from "../errcode/sender.ts";
import { toTemplateMessage } from "../errcode/template-message.ts";
import type { ErrcodeTable } from "../errcode/verdicts.ts";
import { parseApiBase, queryParameter } from "../http/api-base.ts";
import { openHttp } from "../http/http.ts";
import { readSendAnswer } from "./answer.ts";
import { type Addressing, createFormBody, createParameters } from "./message.ts";
import { createTokenApi } from "./token-api.ts";
import { FORM_TYPE, PATHS } from "./wire.ts";

/** The differences between the two kinds of messages. */
export interface BaiduChannel {
  facts: ChannelFacts;
  /** Path of the send endpoint, below the prefix of the API's address. */
  sendPath: string;
  table: ErrcodeTable;
  address: Addressing;
}

/** Template ids are BD0003 in the library and 32 hex digits in an account; the shape of openIds is not known well enough. */
const ids = idsOf({
  name: "Baidu",
  host: /^openapi\.baidu\.com\.?$/,
  template: { fits: /^[\w-]{4,64}$/, form: "4 to 64 letters, digits, _ and -" },
});

export function openBaiduChannel(of: BaiduChannel, account: Account): OpenChannel {
  const { facts, table, address } = of;
  const { apiBase, apiTimeoutMs: timeoutMs, network, credentials, clock } = account;
  return {
    ...facts,
    ...ids,
    message: toTemplateMessage,
    render: (message, openId, formId) => {
      const { data = "{}", ...others } = createParameters(message, address)({ openId, formId });
      // A string on the wire; shown as an object.
      return { ...others, data: JSON.parse(data) };
    },
    problemOf: () => undefined,
    meaningOf: (errcode) => table.get(errcode)?.meaning,
    remedyOf: (errcode) => table.get(errcode)?.hint,
    tokenApi: () => {
      const { origin, host, prefix } = parseApiBase(apiBase);
      return createTokenApi({
        origin,
        host,
        path: prefix + PATHS.token,
        credentials,
        timeoutMs,
        clock,
        network,
      });
    },
    sender: (message, options) => createBaiduSender(of, account, message, options),
  };
}

async function createBaiduSender(
  { sendPath, table, address }: BaiduChannel,
  { apiBase, network }: Account,
  message: Message,
  { concurrency: connections, timeoutMs }: SenderOptions,
): Promise<MessageSender> {
  const { origin, host, prefix } = parseApiBase(apiBase);
  const bodyFor = createFormBody(message, address);
  const http = await openHttp({ origin, host, connections, timeoutMs, network, contentType: FORM_TYPE });
  const pathFor = rememberLast((token) => `${prefix}${sendPath}?${queryParameter("access_token", token)}`);
  return {
    send: (to, accessToken, onAnswer) => {
      const path = pathFor(accessToken);
      http.dispatch({ method: "POST", path, body: bodyFor(to) }, (reply) =>
        onAnswer(readSendAnswer(reply, accessToken, table)),
      );
    },
    close: () => http.close(),
  };
}
