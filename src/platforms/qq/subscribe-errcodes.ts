import { makeTable, type Rows } from "../errcode/verdicts.ts";

const CONSOLE = "look for the reason in the mini program's console";
const VALUES = "compare the values with the template: it wants as many as it has fields";
const ACCOUNT = "check --oac-appid, and that the official account is bound to the mini program";

/**
 * The codes on q.qq.com's pages on sendSubscriptionMessage and subscribeAppMsg. Several have another meaning there than at
 * template/send and at WeChat, above all 41030, 47001 and 40035. Of the rest, those about the token are WeChat's.
 */
const ROWS: Rows = {
  ok: [[0, "ok"]],
  token: [
    [40001, "access token invalid or not the latest"],
    [40014, "access token expired"],
    [41001, "access token missing"],
    [42001, "access token expired"],
  ],
  later: [[41030, "the last message to this user was a moment ago"]],
  permission_gone: [
    [46001, "the user has not subscribed"],
    // "The authorization closes by itself" after a week without a login; the user enables it again in the settings.
    [46006, "the user has not been in the mini program for a week, which ends a long-term subscription"],
  ],
  not_today: [[46002, "the user has had as many messages as a day allows"]],
  user_refuses: [
    [46003, "the user refuses messages"],
    [46004, "the user does not follow the official account"],
  ],
  user_unknown: [
    [
      40003,
      "openId invalid for this mini program",
      "check that appid and pools belong to the same mini program",
    ],
  ],
  ambiguous: [
    [-1, "QQ is busy"],
    [40036, "an error within QQ"],
  ],
  fatal: [
    [40037, "template id invalid", "copy the template id from the mini program's console again"],
    [40035, "the message does not fit its template", VALUES],
    [40015, "the official account's appid is invalid", ACCOUNT],
    [46005, "the official account is not bound to the mini program", ACCOUNT],
    [47001, "the mini program may not send messages any more", CONSOLE],
    [45009, "the day's quota of calls is used up", "resume the broadcast tomorrow"],
  ],
};

/**
 * For SendSubscriptionMessage. 46002 after an attempt with unknown outcome was caused by that attempt, unless another
 * program has sent to the user on that day: the platform accepts one message a day for a standing consent.
 */
export const SUBSCRIBE_SEND = makeTable([ROWS], [46002]);
