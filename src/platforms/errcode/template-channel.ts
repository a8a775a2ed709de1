import type { ChannelFacts, OpenChannel } from "../../broadcast/channel.ts";
import { parseApiBase } from "../http/api-base.ts";
import type { Account } from "./account.ts";
import type { idsOf } from "./ids.ts";
import { createSender } from "./sender.ts";
import { createTemplateBody } from "./template-body.ts";
import { toTemplateMessage } from "./template-message.ts";
import { createTokenApi, type TokenEndpoints } from "./token-api.ts";
import type { ErrcodeTable } from "./verdicts.ts";

export interface TemplateChannel {
  facts: ChannelFacts;
  ids: ReturnType<typeof idsOf>;
  /** Path of the send endpoint, below the prefix of the API's address. */
  sendPath: string;
  table: ErrcodeTable;
  tokenEndpoints(apiBase: string): TokenEndpoints;
}

/** A channel of template messages with formIds, as WeChat introduced them and QQ still has them. */
export function openTemplateChannel(
  { facts, ids, sendPath, table, tokenEndpoints }: TemplateChannel,
  { apiBase, apiTimeoutMs: timeoutMs, network, credentials, clock }: Account,
): OpenChannel {
  return {
    ...facts,
    ...ids,
    message: toTemplateMessage,
    render: (message, openId, formId) => JSON.parse(createTemplateBody(message)({ openId, formId })),
    problemOf: () => undefined,
    meaningOf: (errcode) => table.get(errcode)?.meaning,
    remedyOf: (errcode) => table.get(errcode)?.hint,
    tokenApi: () =>
      createTokenApi({ endpoints: tokenEndpoints(apiBase), credentials, timeoutMs, clock, network }),
    sender: (message, limits) => {
      const { origin, host, prefix } = parseApiBase(apiBase);
      const path = prefix + sendPath;
      return createSender({
        origin,
        host,
        path,
        table,
        network,
        bodyFor: createTemplateBody(message),
        ...limits,
      });
    },
  };
}
