import type { ChannelFacts } from "../../broadcast/channel.ts";
import type { ChannelModule } from "../errcode/account.ts";
import { idsOf } from "../errcode/ids.ts";
import { openTemplateChannel } from "../errcode/template-channel.ts";
import type { TokenEndpoints } from "../errcode/token-api.ts";
import { parseApiBase } from "../http/api-base.ts";
import { TEMPLATE_SEND, TOKEN_ENDPOINT } from "./errcodes.ts";

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
  poolPrefix: "qq:openid:",
};

/**
 * WeChat's bodies and answers under other paths, and one token endpoint. Source: q.qq.com, server API "getAccessToken" and
 * "sendTemplateMessage".
 */
const PATHS = { token: "/api/getToken", templateSend: "/api/json/template/send" };

/** Of template ids the vendor gives no example, so anything of a plausible length passes; of openIds not even that. */
const ids = idsOf({
  name: "QQ",
  host: /^api\.q\.qq\.com\.?$/,
  template: { fits: /^[\w-]{20,64}$/, form: "20 to 64 letters, digits, _ and -" },
});

function tokenEndpoints(apiBase: string): TokenEndpoints {
  const { origin, host, prefix } = parseApiBase(apiBase);
  return { origin, host, token: prefix + PATHS.token, table: TOKEN_ENDPOINT };
}

export const qqTemplate: ChannelModule = {
  facts,
  open: (account) =>
    openTemplateChannel(
      { facts, ids, sendPath: PATHS.templateSend, table: TEMPLATE_SEND, tokenEndpoints },
      account,
    ),
};
