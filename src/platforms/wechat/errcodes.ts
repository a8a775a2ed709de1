import { makeTable, type Rows } from "../errcode/verdicts.ts";
import { COMMON_ROWS, CONSOLE, SECRET } from "./common-errcodes.ts";

const PERMISSION = "give the account this permission in the mini program's console";
const TEMPLATE = "copy the template id from the mini program's console again";
const KEYWORDS = "compare --keywords with the template: their number, length and characters";
const WITHDRAWN =
  "WeChat withdrew template messages on 2020-01-10; --channel wechat-subscribe sends subscribe messages, but codes don't move with it: a formId permits a template message, a subscribe message needs the user's consent; --api-base leads to a compatible endpoint";

/** From the vendor's documentation; 41031 to 41035 from the list of return codes in WxJava. */
const TEMPLATE_ROWS: Rows = {
  permission_refused: [
    [41028, "formId invalid, expired or another user's"],
    [41029, "formId already used"],
    [41031, "formId blocked"],
  ],
  user_refuses: [
    [41009, "openId missing"],
    [43101, "the user refuses messages"],
  ],
  message_refused: [
    [47003, "a keyword does not fit the template", KEYWORDS],
    [40033, "a character is not allowed", KEYWORDS],
    [45002, "message too long", "shorten --keywords"],
    [45168, "message contains a blocked word", "reword --keywords"],
  ],
  fatal: [
    [41002, "appid missing", SECRET],
    [41004, "AppSecret missing", SECRET],
    [48001, "the account may not use this API", PERMISSION],
    [50001, "the account is not authorized for this API", PERMISSION],
    [61003, "the account has not authorized this platform", PERMISSION],
    [61007, "the account has not authorized this API to the platform", PERMISSION],
    [45103, "template messages are withdrawn", WITHDRAWN],
    [45109, "template messages are withdrawn", WITHDRAWN],
    [41032, "the account may not send with formIds any more", CONSOLE],
    [41034, "the account may not send with formIds any more", CONSOLE],
    [41035, "the account may not send with prepay_ids any more", CONSOLE],
    [43104, "the account may not send messages", CONSOLE],
    [40037, "template id invalid", TEMPLATE],
    [41030, "page invalid", "give --page as a path of the released mini program"],
    [47001, "message is not valid JSON for the API", KEYWORDS],
    [40035, "a parameter is invalid", KEYWORDS],
    [40249, "a parameter of the message is not accepted", KEYWORDS],
    [20002, "a parameter of the message is not accepted", KEYWORDS],
  ],
};

/**
 * For template/send. 41029 after an attempt with unknown outcome means that the attempt succeeded; 41028 is also the answer
 * for an expired code, so it does not tell whether the earlier attempt arrived.
 */
export const TEMPLATE_SEND = makeTable([COMMON_ROWS, TEMPLATE_ROWS], [41029]);

/** For both token endpoints: at the send endpoint 40001 means a stale token, but here a wrong secret. */
export const TOKEN_ENDPOINT = makeTable([
  COMMON_ROWS,
  TEMPLATE_ROWS,
  {
    fatal: [
      [40001, "AppSecret wrong", SECRET],
      [45009, "the day's quota of token calls is used up", "try again tomorrow"],
    ],
    quota: [[45011, "too many token calls in this minute", "try again in a minute"]],
  },
]);
