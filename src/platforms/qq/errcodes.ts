import { makeTable, type Rows } from "../errcode/verdicts.ts";

const CONSOLE = "look for the reason in the mini program's console";
const SECRET = "check PUSH_CLI_APPID and PUSH_CLI_APPSECRET against the mini program's console";
const KEYWORDS = "compare --keywords with the template: their number, length and characters";

/**
 * The codes on QQ's pages (q.qq.com, "sendTemplateMessage": 40037, 41028 to 41030, 45009), and WeChat's numbers for other
 * answers of such an API. QQ's subscriptions use some of these numbers for other things.
 */
const ROWS: Rows = {
  ok: [[0, "ok"]],
  token: [
    [40001, "access token invalid or not the latest"],
    [40014, "access token expired"],
    [41001, "access token missing"],
    [42001, "access token expired"],
  ],
  permission_refused: [
    [41028, "formId invalid, expired or another user's"],
    [41029, "formId already used"],
  ],
  user_unknown: [
    [
      40003,
      "openId invalid for this mini program",
      "check that appid and pools belong to the same mini program",
    ],
  ],
  user_refuses: [[43101, "the user refuses messages"]],
  ambiguous: [[-1, "QQ is busy"]],
  quota: [[45011, "the minute's quota of calls is used up", "lower --rate or --concurrency"]],
  message_refused: [[47003, "a keyword does not fit the template", KEYWORDS]],
  fatal: [
    [40013, "appid invalid", SECRET],
    [40125, "AppSecret invalid", SECRET],
    [40037, "template id invalid", "copy the template id from the mini program's console again"],
    [41030, "page invalid", "give --page as a path of the released mini program"],
    [47001, "message is not valid JSON for the API", KEYWORDS],
    [45009, "the day's quota of calls is used up", "resume the broadcast tomorrow"],
    [48001, "the account may not use this API", CONSOLE],
    [50002, "the account is restricted", CONSOLE],
  ],
};

/** For template/send; 41029 after an attempt with unknown outcome means that the attempt succeeded. */
export const TEMPLATE_SEND = makeTable([ROWS], [41029]);

/** For getToken. */
export const TOKEN_ENDPOINT = makeTable([ROWS, { fatal: [[40001, "AppSecret wrong", SECRET]] }]);

/** For jscode2session: WeChat's numbers, as SDKs know them; no page of the vendor was seen. */
export const LOGIN = makeTable([
  ROWS,
  {
    permission_refused: [
      [40029, "the login code is invalid or too old"],
      [40163, "the login code has been used"],
      [41008, "the login code is missing"],
    ],
    quota: [[45009, "the day's quota of calls is used up"]],
    fatal: [[40001, "AppSecret wrong", SECRET]],
  },
]);
