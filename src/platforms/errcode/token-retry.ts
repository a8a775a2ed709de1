import { PushCliError } from "../../errors.ts";
import type { HttpReply } from "../http/exchange.ts";
import { readRetryAfter } from "../http/retry-after.ts";
import { parseAnswer } from "./answer.ts";
import { classify, type ErrcodeTable } from "./verdicts.ts";

const MINUTE_MS = 60_000;
/** The wait after a 429 without a time. */
export const TOKEN_WAIT_MS = 5000;

/**
 * Adds timing information to the error of a token endpoint: `transient` if another attempt may succeed, `waitMs`
 * if the endpoint itself says so, being busy or over a temporary quota.
 */
export function markTransient(
  error: PushCliError,
  reply: HttpReply,
  nowMs: number,
  table: ErrcodeTable,
): PushCliError {
  const { kind, message, hint } = error;
  const waitMs = waitOf(reply, nowMs, table);
  const transient = waitMs !== undefined || isNetworkFailure(reply);
  return new PushCliError(kind, message, { hint, transient, waitMs });
}

function waitOf(reply: HttpReply, nowMs: number, table: ErrcodeTable): number | undefined {
  if (reply.kind === "failure") return undefined;
  const asked = readRetryAfter(reply);
  const errcode = parseAnswer(reply.text)?.errcode;
  const answerClass = errcode === undefined ? undefined : classify(table, errcode).class;
  if (reply.status >= 500 || answerClass === "ambiguous") return asked ?? 0;
  if (answerClass === "quota") return asked ?? MINUTE_MS - (nowMs % MINUTE_MS);
  return reply.status === 429 ? (asked ?? TOKEN_WAIT_MS) : undefined;
}

/** Failures other than a refusal by the API: the network, or a page from something on the way. */
function isNetworkFailure(reply: HttpReply): boolean {
  if (reply.kind === "failure") return true;
  const errcode = parseAnswer(reply.text)?.errcode;
  return errcode === undefined || errcode === 0;
}
