import { idsOf } from "../errcode/ids.ts";
import type { TokenEndpoints } from "../errcode/token-api.ts";
import { parseApiBase } from "../http/api-base.ts";
import { TOKEN_ENDPOINT } from "./errcodes.ts";

/**
 * WeChat's bodies and answers under other paths, and one token endpoint. Source: q.qq.com, server API "getAccessToken",
 * "sendTemplateMessage", "sendSubscriptionMessage"; the path of the login is WeChat's, as SDKs call it; no page on it was
 * seen.
 */
export const PATHS = {
  token: "/api/getToken",
  templateSend: "/api/json/template/send",
  subscribeSend: "/api/json/subscribe/SendSubscriptionMessage",
  jscode2session: "/sns/jscode2session",
};

/**
 * The vendor gives no example of a template id, so anything of a plausible length passes; nothing at all is known about
 * openIds.
 */
export const QQ_IDS = idsOf({
  name: "QQ",
  host: /^api\.q\.qq\.com\.?$/,
  template: { fits: /^[\w-]{20,64}$/, form: "20 to 64 letters, digits, _ and -" },
});

export function tokenEndpoints(apiBase: string): TokenEndpoints {
  const { origin, host, prefix } = parseApiBase(apiBase);
  return { origin, host, token: prefix + PATHS.token, table: TOKEN_ENDPOINT };
}
