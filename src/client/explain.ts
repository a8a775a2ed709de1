/**
 * Why a prompt failed, by the platform's `errCode`. Source: the table of wx.requestSubscribeMessage,
 * developers.weixin.qq.com/miniprogram/dev/api/open-api/subscribe-message/wx.requestSubscribeMessage.html
 */
const FAILURES: Record<number, string> = {
  10001: "no template ids given",
  10002: "network: the templates could not be loaded",
  10003: "network: the answer is lost, and may have been yes",
  10004: "a template id is not text",
  10005: "the app was in the background; ask at the next tap",
  20001: "no such template, or of another kind",
  20002: "one-time and long-term mixed; use longTerm",
  20003: "too many templates in one prompt",
  20004: "the user has switched messages off; offer wx.openSetting",
  20005: "the platform has banned this app from asking",
  20013: "a template for devices; use wx.requestSubscribeDeviceMessage",
};

/** Why a template was not accepted, by its status in the prompt's result. */
const STATUSES: Record<string, string> = {
  reject: "refused by the user, now or for always",
  ban: "banned by the platform",
  filter: "another template has the same title",
  not_asked: "no choice kept, and silent shows no prompt",
  missing: "the platform said nothing",
};

/** `code`: the platform's, or a word where it gives none. */
export function explainFailure(failure: unknown): { code: number | "no_tap" | "unknown"; why: string } {
  const { errCode, errMsg } = Object(failure);
  if (/TAP gesture/i.test(errMsg))
    return { code: "no_tap", why: "each prompt needs a tap; ask at the next one" };
  return { code: errCode || "unknown", why: FAILURES[errCode] || String(errMsg || failure) };
}

export function explainStatus(status: string): string {
  return STATUSES[status] || status;
}
