import type { Errcode } from "../../broadcast/ports.ts";
import { type ErrcodeTable, makeTable, type Rows } from "../errcode/verdicts.ts";

/**
 * How an `error_code` of the gateway is distinguished from an `errno` of the service, here and in records, reports and
 * totals, because the same number has different meanings. `gw/110`; an errno stays a number.
 */
export function gatewayCode(code: number): string {
  return `gw/${code}`;
}

const SECRET = "check PUSH_CLI_APPID (the AppKey) and PUSH_CLI_APPSECRET against the smart program's console";
const CONSOLE = "look for the reason in the smart program's console";
const KEYWORDS = "compare --keywords with the template: their number, length and characters";
const TEMPLATE = "copy the template id from the smart program's console again";
const SLOWER = "lower --rate or --concurrency";

/**
 * 110 and 111 are documented with the calls (D); the others are those of Baidu's open platform in general (K). As far as is
 * known an exceeded quota is temporary, so the codes are kept.
 */
const GATEWAY: readonly [Exclude<keyof Rows, undefined>, number, string, string?][] = [
  ["token", 110, "access token invalid"],
  ["token", 111, "access token expired"],
  ["fatal", 6, "the account may not use this API", CONSOLE],
  ["fatal", 3, "there is no such API at this address", "check --api-base"],
  ["fatal", 100, "the gateway finds a parameter invalid"],
  ["ambiguous", 1, "the gateway failed"],
  ["ambiguous", 2, "the service is not available for now"],
  ["quota", 4, "the account's limit of calls is reached", SLOWER],
  ["quota", 17, "the day's limit of calls is reached", SLOWER],
  ["quota", 18, "the limit of calls a second is reached", SLOWER],
  ["quota", 19, "the total limit of calls is reached", CONSOLE],
];

/** The errnos common to both kinds of messages. Source: the vendor's pages on the two calls. */
const COMMON: Rows = {
  ok: [[0, "ok"]],
  ambiguous: [[4002, "Baidu failed to push the message"]],
  fatal: [
    [2002, "the parameters are invalid", KEYWORDS],
    [30001, "the parameters are invalid", KEYWORDS],
    [40001, "the parameters are invalid", KEYWORDS],
    [4001, "template id invalid", TEMPLATE],
    [6001, "the smart program has no right to push messages", CONSOLE],
  ],
};

function withGateway(...rows: Rows[]): ErrcodeTable {
  const gateway = GATEWAY.map(
    ([name, code, meaning, hint]): Rows => ({ [name]: [[gatewayCode(code), meaning, hint]] }),
  );
  return makeTable([...gateway, ...rows]);
}

/**
 * For template/send. Codes that are used up, expired, another user's, or unknown are not distinguished, so none of these
 * answers proves that an earlier attempt arrived.
 */
export const TEMPLATE_SEND = withGateway(COMMON, {
  permission_refused: [
    [4003, "the form's code is invalid: used, expired, another user's or unknown"],
    [4004, "the scene id is invalid: used, expired, another user's or unknown"],
  ],
  user_unknown: [[4010, "openId invalid", "check that AppKey and pools belong to the same smart program"]],
});

/** For subscribe/send. */
export const SUBSCRIBE_SEND = withGateway(COMMON, {
  permission_gone: [[4007, "the user has not subscribed, has withdrawn, or the subscription is used up"]],
  user_unknown: [[4010, "openId invalid", "check that AppKey and pools belong to the same smart program"]],
});

/** Values of `error` from the token endpoint (OAuth 2.0, RFC 6749 section 5.2). */
export const TOKEN_ERRORS: ReadonlyMap<Errcode, string> = new Map([
  ["invalid_client", "AppKey or AppSecret invalid"],
  ["invalid_request", "the token request is invalid"],
  ["invalid_grant", "the grant type is refused"],
  ["unauthorized_client", "the account may not ask for this kind of token"],
  ["unsupported_grant_type", "the grant type is refused"],
  ["invalid_scope", "the scope is refused"],
]);

export const TOKEN_HINT = SECRET;
