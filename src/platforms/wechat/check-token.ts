import type { TokenCheck } from "../../broadcast/channel.ts";
import { PushCliError } from "../../errors.ts";
import type { Account } from "../errcode/account.ts";
import { parseAnswer, parseFields } from "../errcode/answer.ts";
import { nameOwnAddress } from "../errcode/own-address.ts";
import { statusText } from "../errcode/send-answer.ts";
import { classify } from "../errcode/verdicts.ts";
import { parseApiBase, queryParameter } from "../http/api-base.ts";
import type { HttpReply } from "../http/exchange.ts";
import { openHttp } from "../http/http.ts";
import { safeText } from "../http/safe-text.ts";
import { ACCOUNT_CALLS } from "./subscribe/errcodes.ts";
import { readQuota } from "./subscribe/quota.ts";
import { PATHS } from "./wire.ts";

/** The call about quotas accepts the token, but does not know this path: the vendor's page on getApiQuota. */
const NO_QUOTA = new Set([76003, 76021, 76022]);

/**
 * Queries the remainder of the day's quota for `sendPath`, which costs nothing and is refused if the token is
 * invalid.
 */
export function createTokenCheck(
  { apiBase, network }: Pick<Account, "apiBase" | "network">,
  sendPath: string,
) {
  return async (token: string, timeoutMs: number): Promise<TokenCheck> => {
    const { origin, host, prefix } = parseApiBase(apiBase);
    const http = await openHttp({ origin, host, connections: 1, timeoutMs, network });
    try {
      const path = `${prefix}${PATHS.quotaGet}?${queryParameter("access_token", token)}`;
      const body = JSON.stringify({ cgi_path: sendPath });
      return judge(await http.request({ method: "POST", path, body }), token);
    } finally {
      await http.close();
    }
  };
}

function judge(reply: HttpReply, token: string): TokenCheck {
  if (reply.kind === "failure") throw new PushCliError("api", reply.reason, { hint: reply.hint });
  const { errcode, errmsg = "" } = parseAnswer(reply.text) ?? {};
  const fields = parseFields(reply.text);
  if (reply.status >= 500 || reply.status === 429) return { state: "untold", why: statusText(reply.status) };
  if (reply.status >= 300 || !fields) {
    return {
      state: "untold",
      why: `this API has no ${PATHS.quotaGet}, which would check the token free of charge`,
    };
  }
  if (errcode === undefined || errcode === 0) return { state: "accepted", quota: readQuota(fields) };
  if (NO_QUOTA.has(errcode)) return { state: "accepted" };
  const verdict = classify(ACCOUNT_CALLS, errcode);
  const said = verdict.meaning ?? safeText(errmsg, [token]);
  const why = `errcode ${errcode}${said && `, ${said}`}`;
  if (verdict.class !== "token" && verdict.class !== "fatal") return { state: "untold", why };
  const hint = nameOwnAddress(verdict.hint, safeText(errmsg, [token]));
  return { state: "refused", why, hint, isTokenItself: verdict.class === "token" };
}
