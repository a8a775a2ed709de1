import { classify, makeTable, type Row, type Rows } from "../../errcode/verdicts.ts";
import { COMMON_ROWS, CONSOLE } from "../common-errcodes.ts";

const TEMPLATE =
  "push-cli template list shows the account's templates; those of devices and service cards can't be sent this way";
const FIELDS = "push-cli template show <id> shows the fields and what they take";
const PAGE = "give --page as a path of the released mini program, without a leading slash";
const ACCOUNT = "the credentials must be a mini program's, not an official account's";

/**
 * Answers of `/cgi-bin/message/subscribe/send`. Documented there: 40001, 40003, 40014, 40037, 43101, 43107, 43108, 45168,
 * 47003 and 43104; the others from the vendor's list of global codes or, where noted, from reports.
 */
const ROWS: Rows = {
  // The platform does not say which of the two. It is reported to occur for hours after heavy sending, even though the user
  // had agreed.
  permission_gone: [[43101, "no consent left, or the user refuses"]],
  user_unknown: [[41009, "openId missing"]],
  // The vendor's public table mentions long-term templates and five a day; that the limit is per user is an interpretation.
  not_today: [[40038, "the user has had as many messages as a day allows"]],
  // An invalid value: of one recipient's own, or of everybody's, which a run recognizes when it occurs many times in a row.
  message_refused: [
    [47003, "a value does not fit its field", FIELDS],
    [45168, "message contains a blocked word", "reword the values"],
  ],
  fatal: [
    [40037, "template id invalid, or its template is of another kind", TEMPLATE],
    // Not on the newest page, but still reported.
    [41030, "page invalid", PAGE],
    [43104, "the account may not send subscribe messages", CONSOLE],
    // Reported for a token of an official account.
    [48001, "the account may not use this API", ACCOUNT],
    [50001, "the account is not authorized for this API", CONSOLE],
    [61003, "the account has not authorized this platform", CONSOLE],
    [61007, "the account has not authorized this API to the platform", CONSOLE],
    [47001, "message is not valid JSON for the API", FIELDS],
    [40097, "a parameter of the message is not accepted", FIELDS],
    [20002, "a parameter of the message is not accepted", FIELDS],
    [40033, "a character is not allowed", FIELDS],
    [40035, "a parameter is invalid", FIELDS],
    [45002, "message too long", "shorten the values"],
  ],
};

/**
 * No refusal proves that an earlier attempt arrived: 43101 may be the answer to a consent that the attempt has spent, or to
 * one that never existed.
 */
export const SUBSCRIBE_SEND = makeTable([COMMON_ROWS, ROWS]);

const LISTS: readonly Row[] = [
  [404, "the call is made in the wrong way"],
  [20001, "the account's kind has no templates"],
  [200100, "the account's kind has no subscribe messages"],
];

/** For the calls about the account's templates and quotas: their own numbers, and the global ones. */
export const ACCOUNT_CALLS = makeTable([COMMON_ROWS, ROWS, { fatal: LISTS }]);

/** Whether a call about the account was refused because of its token. */
export function isTokenRefusal(errcode: number): boolean {
  return classify(ACCOUNT_CALLS, errcode).class === "token";
}
