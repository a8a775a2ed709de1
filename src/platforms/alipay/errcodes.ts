import { type ErrcodeTable, type ErrcodeVerdict, makeTable, type Rows } from "../errcode/verdicts.ts";

const CONSOLE = "look for the reason in the mini program's page at open.alipay.com";
const KEY =
  "PUSH_CLI_ALIPAY_PRIVATE_KEY has to be the one whose public key, or certificate, was uploaded for PUSH_CLI_APPID";
const KEYWORDS =
  "compare --keywords with the template at open.alipay.com: all of its keywords, at most 50 characters each";

/**
 * Answers of the gateway to any method. A word of the table is the code, or the code and its sub_code; the code alone stands
 * for all sub_codes that have no row. Source: opendocs.alipay.com, "common error codes", as far as known; not confirmed.
 */
const GATEWAY: Rows = {
  ok: [["10000", "ok"]],
  ambiguous: [
    ["20000", "Alipay's service is unavailable"],
    ["20000/isp.unknow-error", "Alipay's service is unavailable"],
    ["20000/aop.unknow-error", "Alipay's gateway is unavailable"],
  ],
  quota: [
    ["40005", "too many calls", "lower --rate or --concurrency"],
    ["40005/isv.app-call-limited", "too many calls of this application", "lower --rate or --concurrency"],
  ],
  fatal: [
    ["20001", "the authorization was refused", CONSOLE],
    ["40001", "a parameter of the request is missing", "check --api-base: is it Alipay's gateway?"],
    ["40002", "a parameter of the request is invalid", CONSOLE],
    ["40002/isv.invalid-signature", "the signature of the request was refused", KEY],
    [
      "40002/isv.invalid-app-id",
      "the appid is unknown",
      "check PUSH_CLI_APPID, and --api-base: Alipay's sandbox has appids of its own",
    ],
    ["40002/isv.invalid-timestamp", "the time of the request was refused", "set this host's clock"],
    ["40003", "the request does not meet a condition of the API", CONSOLE],
    ["40006", "the application may not use this API", CONSOLE],
  ],
};

/** Answers of templatemessage.send for any template. Source: the vendor's page on that method. */
const SEND: Rows = {
  message_refused: [["40004/USER_KEYWORD_LENGTH_ERROR", "the value of a keyword is too long", KEYWORDS]],
  fatal: [
    [
      "40004/USER_TEMPLATE_ILLEGAL",
      "the template is unknown, deleted, or of another kind",
      "copy the template's id again; templates for forms, payments and subscriptions each take permissions of their own kind",
    ],
    ["40004/USER_TEMPLATE_LACK_KEYWORD", "a keyword of the template is missing", KEYWORDS],
  ],
};

/** Source: the same page. The answer to a formId that was used up is on no page that was found, so it is unlisted. */
const FORM_ID: Rows = {
  permission_refused: [
    ["40004/FORM_ID_OVER_TIME", "the formId or trade_no is older than 7 days"],
    ["40004/FORM_ID_NOT_MATCH_APPID", "the formId is another mini program's"],
    ["40004/TRADE_NO_NOT_MATCH_USERID", "the trade_no is another user's, or was not paid"],
  ],
};

export const TEMPLATE_SEND = makeTable([GATEWAY, SEND, FORM_ID]);
/** Subscription messages. The answer for a user without a subscription is on no page that was found, so it is unlisted. */
export const SUBSCRIPTION_SEND = makeTable([GATEWAY, SEND]);

/** `40004/FORM_ID_OVER_TIME`; only the code if there is no sub_code, or if it is not a word. */
export function wordOf(code: string, subCode: unknown): string {
  return typeof subCode === "string" && /^[\w.-]{1,58}$/.test(subCode) ? `${code}/${subCode}` : code;
}

/** Looks up the whole word, then its code. A ledger returns words of digits as numbers. */
export function verdictOn(table: ErrcodeTable, word: string | number): ErrcodeVerdict | undefined {
  const text = String(word);
  return table.get(text) ?? table.get(text.split("/", 1)[0] ?? "");
}
