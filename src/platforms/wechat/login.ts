import { LoginFailed } from "../../collector/ports.ts";
import { PushCliError } from "../../errors.ts";
import type { CollectorAccount } from "../errcode/account.ts";
import { parseAnswer, parseFields } from "../errcode/answer.ts";
import { statusText } from "../errcode/send-answer.ts";
import { classify, makeTable } from "../errcode/verdicts.ts";
import { parseApiBase, queryParameter } from "../http/api-base.ts";
import type { HttpReply } from "../http/exchange.ts";
import { type Http, openHttp } from "../http/http.ts";
import { safeText } from "../http/safe-text.ts";
import { isUsableOpenId } from "./callback/events.ts";
import { COMMON_ROWS, SECRET } from "./common-errcodes.ts";
import { PATHS } from "./wire.ts";

/** Of users who wait for a page: a whole request gets at most twice this. */
const TIMEOUT_MS = 4000;
/** At the same time; more wait for a connection. */
const CONNECTIONS = 16;
/** The vendor's have 32 characters. */
const LOGIN_CODE = /^[!-~]{1,256}$/;

/** Of jscode2session, by the vendor's page of code2Session and its list of global return codes. */
const CODE2SESSION = makeTable([
  COMMON_ROWS,
  {
    permission_refused: [
      [40029, "the login code is invalid or too old"],
      [40163, "the login code has been used"],
      [41008, "the login code is missing"],
      [40226, "WeChat blocks the login of this user for high risk"],
    ],
    quota: [[45009, "the day's quota of calls is used up"]],
    fatal: [
      [40001, "AppSecret wrong", SECRET],
      [41002, "appid missing", SECRET],
      [41004, "AppSecret missing", SECRET],
    ],
  },
]);

export interface Login {
  /** The openId of the user whose client got this code. Throws `LoginFailed`, without the secret or the code. */
  login(code: string): Promise<string>;
  close(): Promise<void>;
}

/**
 * GET /sns/jscode2session (vendor's page of code2Session). A code is good for one answer, so nothing is asked twice: a client
 * whose login failed gets another code. The session_key of the answer is not kept. Throws a `config` error when the API's
 * address can't be used.
 */
export function createLogin({ apiBase, network, credentials }: CollectorAccount): Login {
  const { origin, host, prefix } = parseApiBase(apiBase);
  // Opened by the first login: undici takes longer to load than the collector to start.
  let http: Promise<Http> | undefined;
  const open = () => openHttp({ origin, host, connections: CONNECTIONS, timeoutMs: TIMEOUT_MS, network });
  return {
    login: async (code) => {
      if (!LOGIN_CODE.test(code)) throw new LoginFailed("refused", "this can't be a login code");
      const { appid, appsecret } = configured(credentials);
      http ??= open();
      const path = `${prefix}${PATHS.jscode2session}?${queryOf(appid, appsecret, code)}`;
      return judgeReply(await (await http).request({ method: "GET", path }), [appsecret, code]);
    },
    close: async () => (await http)?.close(),
  };
}

function configured(
  credentials: CollectorAccount["credentials"],
): ReturnType<CollectorAccount["credentials"]> {
  try {
    return credentials();
  } catch (error) {
    if (!(error instanceof PushCliError)) throw error;
    throw new LoginFailed("misconfigured", error.message);
  }
}

function queryOf(appid: string, appsecret: string, code: string): string {
  return [
    queryParameter("appid", appid),
    queryParameter("secret", appsecret),
    queryParameter("js_code", code),
    queryParameter("grant_type", "authorization_code"),
  ].join("&");
}

function judgeReply(reply: HttpReply, secrets: readonly string[]): string {
  if (reply.kind === "failure") throw new LoginFailed("busy", reply.reason);
  const { status, text } = reply;
  const { errcode = 0, errmsg = "" } = parseAnswer(text) ?? {};
  if (status >= 500 || status === 429) throw new LoginFailed("busy", `WeChat answered ${statusText(status)}`);
  if (errcode !== 0) throw failureOf(errcode, safeText(errmsg, secrets));
  // Another server's answer: an address that is not there, or that moved.
  if (status >= 300) throw new LoginFailed("misconfigured", `the API answered ${statusText(status)}`);
  const openId = parseFields(text)?.openid;
  if (typeof openId === "string" && isUsableOpenId(openId)) return openId;
  throw new LoginFailed("busy", "the answer of the API holds no openId");
}

function failureOf(errcode: number, said: string): LoginFailed {
  const { class: answerClass, meaning, hint } = classify(CODE2SESSION, errcode);
  const words = [`errcode ${errcode}`, meaning ?? (said && `"${said}"`)].filter(Boolean).join(", ");
  if (answerClass === "permission_refused") return new LoginFailed("refused", words, errcode);
  const passes = answerClass === "ambiguous" || answerClass === "quota";
  if (passes) return new LoginFailed("busy", words, errcode);
  return new LoginFailed("misconfigured", hint === undefined ? words : `${words}; ${hint}`, errcode);
}
