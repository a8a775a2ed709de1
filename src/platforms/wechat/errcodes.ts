import { makeTable, type Rows } from "../errcode/verdicts.ts";

const SECRET = "check PUSH_CLI_APPID and PUSH_CLI_APPSECRET against the mini program's console";
const ALLOW_IP = "put this host's IP on the allow list in the mini program's console";
const CONFIRM_IP = "ask the administrator of the account to confirm calls from this host's IP";
const PERMISSION = "give the account this permission in the mini program's console";
const BASE = "check --api-base";
const CONSOLE = "look for the reason in the mini program's console";
const TEMPLATE = "copy the template id from the mini program's console again";
const KEYWORDS = "compare --keywords with the template: their number, length and characters";
const WITHDRAWN =
  "WeChat withdrew template messages on 2020-01-10; --channel wechat-subscribe sends subscribe messages, but codes don't move with it: a formId permits a template message, a subscribe message needs the user's consent; --api-base leads to a compatible endpoint";
const DAY_QUOTA = "the day's quota is used up; resume the broadcast tomorrow";
const SLOWER = "lower --rate or --concurrency";

/** From the vendor's documentation; 41031 to 41035 from the list of return codes that WxJava carries. */
const TEMPLATE_ROWS: Rows = {
  ok: [[0, "ok"]],
  token: [
    [40001, "access token invalid or not the latest"],
    [40014, "access token invalid"],
    [41001, "access token missing"],
    [42001, "access token expired"],
    [42007, "access token revoked"],
  ],
  permission_refused: [
    [41028, "formId invalid, expired or another user's"],
    [41029, "formId already used"],
    [41031, "formId blocked"],
  ],
  user_unknown: [
    [
      40003,
      "openId invalid for this mini program",
      "check that appid and pools belong to the same mini program",
    ],
  ],
  user_refuses: [
    [41009, "openId missing"],
    [43101, "the user refuses messages"],
  ],
  later: [[43108, "two messages to one user at the same time"]],
  ambiguous: [
    [-1, "WeChat is busy"],
    [-1000, "WeChat is busy"],
    [61450, "WeChat is busy"],
  ],
  quota: [
    [45011, "the minute's quota of calls is used up", SLOWER],
    [45029, "the minute's quota of calls is used up", SLOWER],
    [45047, "the minute's quota of messages is used up", SLOWER],
  ],
  message_refused: [
    [47003, "a keyword does not fit the template", KEYWORDS],
    [40033, "a character is not allowed", KEYWORDS],
    [45002, "message too long", "shorten --keywords"],
    [45168, "message contains a blocked word", "reword --keywords"],
  ],
  fatal: [
    [40002, "grant type invalid", BASE],
    [40013, "appid invalid", SECRET],
    [40125, "AppSecret invalid", SECRET],
    [40164, "this host's IP is not on the allow list", ALLOW_IP],
    [45035, "this host's IP is not on the allow list", ALLOW_IP],
    [61004, "this host's IP is not registered", ALLOW_IP],
    [40243, "AppSecret frozen", "unfreeze or reset the AppSecret in the mini program's console"],
    [41002, "appid missing", SECRET],
    [41004, "AppSecret missing", SECRET],
    [89501, "this host's IP waits for the administrator's confirmation", CONFIRM_IP],
    [89503, "this host's IP needs the administrator's confirmation", CONFIRM_IP],
    [89506, "the administrator refused this host's IP for 24 hours", CONFIRM_IP],
    [89507, "the administrator refused this host's IP for 1 hour", CONFIRM_IP],
    [48001, "the account may not use this API", PERMISSION],
    [48004, "this API is blocked for the account", CONSOLE],
    [50001, "the account is not authorised for this API", PERMISSION],
    [50002, "the account is restricted", CONSOLE],
    [61003, "the account has not authorised this platform", PERMISSION],
    [61007, "the account has not authorised this API to the platform", PERMISSION],
    [43001, "GET required", BASE],
    [43002, "POST required", BASE],
    [43003, "HTTPS required", "give --api-base with https://"],
    [45103, "template messages are withdrawn", WITHDRAWN],
    [45109, "template messages are withdrawn", WITHDRAWN],
    [41032, "the account may not send with formIds any more", CONSOLE],
    [41034, "the account may not send with formIds any more", CONSOLE],
    [41035, "the account may not send with prepay_ids any more", CONSOLE],
    [43104, "the account may not send messages", CONSOLE],
    [43106, "the account may not use templates any more", CONSOLE],
    [43107, "messages are blocked for the account or the template", CONSOLE],
    [200011, "the account is blocked", CONSOLE],
    [200013, "the template is blocked", CONSOLE],
    [40037, "template id invalid", TEMPLATE],
    [41030, "page invalid", "give --page as a path of the released mini program"],
    [47001, "message is not valid JSON for the API", KEYWORDS],
    [44002, "message empty", BASE],
    [40035, "a parameter is invalid", KEYWORDS],
    [40249, "a parameter of the message is not accepted", KEYWORDS],
    [20002, "a parameter of the message is not accepted", KEYWORDS],
    [45009, "the day's quota of calls is used up", DAY_QUOTA],
  ],
};

/**
 * Of template/send. 41029 after an attempt without an outcome is that one's success; 41028 is the answer to an expired code
 * too, so it does not tell whether the earlier attempt arrived.
 */
export const TEMPLATE_SEND = makeTable([TEMPLATE_ROWS], [41029]);

/** Of both token endpoints: 40001 means a stale token to a send, but a wrong secret here. */
export const TOKEN_ENDPOINT = makeTable([
  TEMPLATE_ROWS,
  {
    fatal: [
      [40001, "AppSecret wrong", SECRET],
      [45009, "the day's quota of token calls is used up", "try again tomorrow"],
    ],
    quota: [[45011, "too many token calls in this minute", "try again in a minute"]],
  },
]);
