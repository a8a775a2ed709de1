import { PushCliError } from "../../../errors.ts";
import type { AccessTokens } from "../../../token/ports.ts";
import { parseAnswer, parseFields } from "../../errcode/answer.ts";
import { statusText } from "../../errcode/send-answer.ts";
import { parseApiBase, queryParameter } from "../../http/api-base.ts";
import type { HttpReply } from "../../http/exchange.ts";
import { openHttp } from "../../http/http.ts";
import type { Network } from "../../http/network.ts";
import { safeText } from "../../http/safe-text.ts";
import { ACCOUNT_CALLS, isTokenRefusal } from "./errcodes.ts";

export interface CallOptions {
  apiBase: string;
  tokens: AccessTokens;
  /** For the answer; a whole request may take twice this. */
  timeoutMs: number;
  network?: Network | undefined;
}

/** A request about the account. */
export interface AccountCall {
  path: string;
  /** JSON, by POST; absent: GET. */
  body?: string | undefined;
}

/** The fields of an answer, or a description of why there are none. */
export type CallResult = { fields: Record<string, unknown> } | { why: string };

/** A list of 50 templates, the maximum of an account, with every character escaped. */
const MAX_ANSWER_BYTES = 1024 * 1024;

/**
 * Makes a call about the account, once; repeated with a new token if the first was refused. If the platform can't be
 * reached or refuses, that is a result. Rejects with a `credentials` error when these give no token.
 */
export async function callAccount(options: CallOptions, call: AccountCall): Promise<CallResult> {
  const { tokens } = options;
  try {
    const token = await tokens.current();
    const first = await ask(options, call, token);
    return first.isTokenRefused ? await ask(options, call, await tokens.renew(token)) : first;
  } catch (error) {
    if (error instanceof PushCliError && error.kind === "api") return { why: error.message };
    throw error;
  }
}

async function ask(
  { apiBase, timeoutMs, network }: CallOptions,
  { path, body }: AccountCall,
  token: string,
): Promise<CallResult & { isTokenRefused?: boolean }> {
  const { origin, host, prefix } = parseApiBase(apiBase);
  // Used for one request: there is nothing to keep alive or to close later.
  const http = await openHttp({
    origin,
    host,
    connections: 1,
    timeoutMs,
    network,
    maxAnswerBytes: MAX_ANSWER_BYTES,
  });
  try {
    const target = `${prefix}${path}?${queryParameter("access_token", token)}`;
    const method = body === undefined ? "GET" : "POST";
    return readReply(await http.request({ method, path: target, body }), token);
  } finally {
    await http.close();
  }
}

function readReply(reply: HttpReply, token: string): CallResult & { isTokenRefused?: boolean } {
  if (reply.kind === "failure") return { why: reply.reason };
  const { errcode, errmsg = "" } = parseAnswer(reply.text) ?? {};
  if (errcode !== undefined && errcode !== 0) {
    const said = ACCOUNT_CALLS.get(errcode)?.meaning ?? safeText(errmsg, [token]);
    return { why: `errcode ${errcode}${said && `, ${said}`}`, isTokenRefused: isTokenRefusal(errcode) };
  }
  if (reply.status >= 300) return { why: statusText(reply.status) };
  const fields = parseFields(reply.text);
  return fields ? { fields } : { why: "the answer is not a JSON object" };
}
