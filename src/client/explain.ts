/**
 * Why a prompt failed, by the platform's `errCode`, and why a template was not accepted, by its status in the result.
 * Source: the tables of wx.requestSubscribeMessage,
 * developers.weixin.qq.com/miniprogram/dev/api/open-api/subscribe-message/wx.requestSubscribeMessage.html, whose numbers
 * QQ's prompt uses too; for my.requestSubscribeMessage the codes below 1000 and above 100000,
 * opendocs.alipay.com/mini/api/requestSubscribeMessage.
 */
export const REASONS: Record<string, string> = {
  10001: "no template ids given",
  10002: "network: templates not loaded",
  10003: "network: answer lost, may have been yes",
  10004: "a template id is not text",
  10005: "app in background; ask at the next tap",
  20001: "no such template, or of another kind",
  20002: "one-time and long-term mixed; use longTerm",
  20003: "too many templates in one prompt",
  20004: "switched off by the user; offer wx.openSetting",
  20005: "the platform bans this app from asking",
  20013: "device template; use wx.requestSubscribeDeviceMessage",
  11: "cancelled by the user",
  15: "another prompt is open",
  106002: "one-time and long-term mixed; use longTerm",
  106008: "no such template",
  no_tap: "each prompt needs a tap of its own",
  reject: "refused, now or for always",
  known: "nothing new: kept choice",
  ban: "banned by the platform",
  filter: "another template has the same title",
  not_asked: "no choice kept; silent shows no prompt",
  missing: "the platform said nothing",
};

export interface Failure {
  templateIds: string[];
  /** The platform's errCode, or a word if it returns none. */
  code: number | "no_tap" | "unknown";
  why: string;
}

export function explainFailure(templateIds: string[], failure: unknown): Failure {
  const { errCode, errMsg = String(failure) } = Object(failure);
  // "requestSubscribeMessage:fail can only be invoked by user TAP gesture."
  const code = /TAP gesture/.test(errMsg) ? "no_tap" : errCode || "unknown";
  return { templateIds, code, why: REASONS[code] || errMsg };
}
