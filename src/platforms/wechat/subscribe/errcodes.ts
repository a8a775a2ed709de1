import { classify, makeTable, type Row, type Rows } from "../../errcode/verdicts.ts";

const SECRET = "check PUSH_CLI_APPID and PUSH_CLI_APPSECRET against the mini program's console";
const ALLOW_IP = "put this host's IP on the allow list in the mini program's console";
const CONSOLE = "look for the reason in the mini program's console";
const TEMPLATE =
  "push-cli template list shows the account's templates; those of devices and service cards can't be sent this way";
const FIELDS = "push-cli template show <id> shows the fields and what they take";
const PAGE = "give --page as a path of the released mini program, without a leading slash";
const DAY_QUOTA = "the day's quota is used up; resume the broadcast tomorrow";
const SLOWER = "lower --rate or --concurrency";
const ACCOUNT = "the credentials must be a mini program's, not an official account's";

/**
 * What `/cgi-bin/message/subscribe/send` answers. Documented there: 40001, 40003, 40014, 40037, 43101, 43107, 43108, 45168, 47003
 * and 43104; the others by the vendor's list of global codes or, where noted, by reports.
 */
const ROWS: Rows = {
  ok: [[0, "ok"]],
  token: [
    [40001, "access token invalid or not the latest"],
    [40014, "access token invalid"],
    [41001, "access token missing"],
    [42001, "access token expired"],
    [42007, "access token revoked"],
  ],
  // Which of the two is not told. Reports have it for hours after heavy sending, though the user had agreed.
  permission_gone: [[43101, "no consent left, or the user refuses"]],
  user_unknown: [
    [
      40003,
      "openId invalid for this mini program",
      "check that appid and pools belong to the same mini program",
    ],
    [41009, "openId missing"],
  ],
  // The vendor's public table speaks of long-term templates and five a day; that the limit is per user is a reading of it.
  not_today: [[40038, "the user has had as many messages as a day allows"]],
  // A fault of the values: of one recipient's own, or of everybody's, which a run finds out by meeting it many times in a row.
  message_refused: [
    [47003, "a value does not fit its field", FIELDS],
    [45168, "message contains a blocked word", "reword the values"],
  ],
  later: [[43108, "two messages to one user at the same time"]],
  quota: [
    [45011, "the minute's quota of calls is used up", SLOWER],
    [45029, "the minute's quota of calls is used up", SLOWER],
    [45047, "the minute's quota of messages is used up", SLOWER],
  ],
  ambiguous: [
    [-1, "WeChat is busy"],
    [-1000, "WeChat is busy"],
    [61450, "WeChat is busy"],
  ],
  fatal: [
    [40037, "template id invalid, or its template is of another kind", TEMPLATE],
    // Not on the newest page, still reported.
    [41030, "page invalid", PAGE],
    [43104, "the account may not send subscribe messages", CONSOLE],
    [43106, "the account may not use templates any more", CONSOLE],
    [43107, "messages are blocked for the account or the template", CONSOLE],
    [45009, "the day's quota of calls is used up", DAY_QUOTA],
    [40002, "grant type invalid", "check --api-base"],
    [40013, "appid invalid", SECRET],
    [40125, "AppSecret invalid", SECRET],
    [40164, "this host's IP is not on the allow list", ALLOW_IP],
    [45035, "this host's IP is not on the allow list", ALLOW_IP],
    [61004, "this host's IP is not registered", ALLOW_IP],
    [40243, "AppSecret frozen", "unfreeze or reset the AppSecret in the mini program's console"],
    // Reported for an official account's token here.
    [48001, "the account may not use this API", ACCOUNT],
    [48004, "this API is blocked for the account", CONSOLE],
    [50001, "the account is not authorised for this API", CONSOLE],
    [50002, "the account is restricted", CONSOLE],
    [61003, "the account has not authorised this platform", CONSOLE],
    [61007, "the account has not authorised this API to the platform", CONSOLE],
    [43001, "GET required", "check --api-base"],
    [43002, "POST required", "check --api-base"],
    [43003, "HTTPS required", "give --api-base with https://"],
    [47001, "message is not valid JSON for the API", FIELDS],
    [44002, "message empty", "check --api-base"],
    [40097, "a parameter of the message is not accepted", FIELDS],
    [20002, "a parameter of the message is not accepted", FIELDS],
    [40033, "a character is not allowed", FIELDS],
    [40035, "a parameter is invalid", FIELDS],
    [45002, "message too long", "shorten the values"],
    [200011, "the account is blocked", CONSOLE],
    [200013, "the template is blocked", CONSOLE],
  ],
};

/**
 * No refusal proves that an earlier attempt arrived: 43101 may be the answer to a consent that it has spent, and to one that
 * there never was.
 */
export const SUBSCRIBE_SEND = makeTable([ROWS]);

const LISTS: readonly Row[] = [
  [404, "the call is made in the wrong way"],
  [20001, "the account's kind has no templates"],
  [200100, "the account's kind has no subscribe messages"],
];

/** Of the calls about the account's templates and quotas: their own numbers, and the global ones. */
export const ACCOUNT_CALLS = makeTable([ROWS, { fatal: LISTS }]);

/** Whether a call about the account was refused for its token. */
export function isTokenRefusal(errcode: number): boolean {
  return classify(ACCOUNT_CALLS, errcode).class === "token";
}
