import { PushCliError } from "../errors.ts";
import type { IssuedToken } from "../token/ports.ts";
import { parseAnswer, parseFields } from "./answer.ts";
import { classifyErrcode } from "./errcodes.ts";
import type { HttpReply } from "./exchange.ts";
import { safeText } from "./safe-text.ts";
import { BASE_HINT, statusText } from "./send-answer.ts";

export type TokenVerdict =
  | { kind: "issued"; token: IssuedToken }
  /** Trying again will not help. */
  | { kind: "refused"; error: PushCliError }
  /** It may pass: unreachable, HTTP 5xx, busy, or an answer that can't be read. */
  | { kind: "passing"; error: PushCliError };

export interface TokenContext {
  appid: string;
  /** Kept out of every text. */
  appsecret: string;
  host: string;
}

/** What one answer of a token endpoint comes to. */
export function judgeTokenReply(reply: HttpReply, context: TokenContext): TokenVerdict {
  if (reply.kind === "failure") return passing(context, reply.reason);
  if (reply.status >= 500) return passing(context, statusText(reply.status));
  const { errcode = 0, errmsg = "" } = parseAnswer(reply.text) ?? {};
  if (errcode !== 0) return judgeErrcode(errcode, errmsg, context);
  if (reply.status >= 300) return refusedStatus(reply.status, context);
  const token = readToken(parseFields(reply.text) ?? {});
  return token ? { kind: "issued", token } : passing(context, "its answer holds no usable access token");
}

/** At most 512 characters, as the vendor asks to reserve; it goes into URLs and Redis values as it is. */
const TOKEN = /^[\w.~+/=-]{1,512}$/;

function readToken({ access_token: token, expires_in: expiresInSec }: Record<string, unknown>) {
  const usable = typeof token === "string" && TOKEN.test(token);
  if (!usable || typeof expiresInSec !== "number" || !(expiresInSec > 0)) return undefined;
  return { token, expiresInSec };
}

function judgeErrcode(errcode: number, errmsg: string, context: TokenContext): TokenVerdict {
  const verdict = classifyErrcode(errcode, "token");
  const said = safeText(errmsg, [context.appsecret]);
  const what = [`errcode ${errcode}`, verdict.meaning, said && `"${said}"`].filter(Boolean).join(", ");
  if (verdict.class === "ambiguous") return passing(context, what);
  const overQuota = verdict.class === "minute_quota" || errcode === DAY_QUOTA;
  const message = `no access token for appid "${context.appid}": ${what}`;
  return {
    kind: "refused",
    error: new PushCliError(overQuota ? "api" : "credentials", message, { hint: verdict.hint }),
  };
}

const DAY_QUOTA = 45009;

function refusedStatus(status: number, { host }: TokenContext): TokenVerdict {
  const hint = status === 429 ? "try again in a minute" : BASE_HINT;
  return {
    kind: "refused",
    error: new PushCliError("api", `${host} answered ${statusText(status)}`, { hint }),
  };
}

function passing({ host }: TokenContext, reason: string): TokenVerdict {
  const message = `no access token from ${host}: ${reason}`;
  return {
    kind: "passing",
    error: new PushCliError("api", message, { hint: "check the network and --api-base, then try again" }),
  };
}
