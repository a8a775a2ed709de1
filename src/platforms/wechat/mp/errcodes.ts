import { makeTable, type Rows } from "../../errcode/verdicts.ts";
import { COMMON_ROWS, CONSOLE } from "../common-errcodes.ts";

const TEMPLATE = "copy the template id from the official account's console again";
const VALUES = "compare the values with the template: names, number, length and characters of its fields";
const PAGE =
  "check --page and --miniprogram-appid: the mini program must be linked to the account, the page released";
const ACCOUNT = "the credentials must be a verified service account's, not a mini program's";

/**
 * Answers of `/cgi-bin/message/template/send`. Named by the vendor there or reported by users: 40003, 40037, 40165, 45009,
 * 47003, 48001 and -1; 43004 and the others from the vendor's list of global codes.
 */
const ROWS: Rows = {
  user_refuses: [[43004, "the user does not follow the account"]],
  user_unknown: [
    [
      40003,
      "openId invalid for this account",
      "openIds of a mini program are others than those of the official account; unionids link them",
    ],
    [41009, "openId missing"],
  ],
  message_refused: [
    [47003, "a value does not fit its field", VALUES],
    [45168, "message contains a blocked word", "reword the values"],
  ],
  fatal: [
    [40037, "template id invalid", TEMPLATE],
    [40165, "page of the mini program invalid, or the mini program is not linked to the account", PAGE],
    // The mini program's appid: with an invalid one of the account itself, there would be no token.
    [40013, "appid of the mini program invalid, or it is not linked to the account", PAGE],
    [48001, "the account may not use this API", ACCOUNT],
    [50001, "the account is not authorized for this API", CONSOLE],
    [61003, "the account has not authorized this platform", CONSOLE],
    [61007, "the account has not authorized this API to the platform", CONSOLE],
    [47001, "message is not valid JSON for the API", VALUES],
    [40033, "a character is not allowed", VALUES],
    [40035, "a parameter is invalid", VALUES],
    [40249, "a parameter of the message is not accepted", VALUES],
    [45002, "message too long", "shorten the values"],
  ],
};

/**
 * No refusal proves that an earlier attempt arrived: a repeat with the same client_msg_id is answered like the first one.
 */
export const MP_SEND = makeTable([COMMON_ROWS, ROWS]);
