import { STATUS_CODES } from "node:http";
import type { SendAnswer } from "../../broadcast/ports.ts";
import type { HttpAnswer, HttpReply } from "../http/exchange.ts";
import { describePage } from "../http/foreign-page.ts";
import { readRetryAfter } from "../http/retry-after.ts";
import { safeText } from "../http/safe-text.ts";
import { type ParsedAnswer, parseAnswer } from "./answer.ts";
import { classify, type ErrcodeTable } from "./verdicts.ts";

export const BASE_HINT = "check --api-base: this address does not answer like the API";

/**
 * The wait after a 429 without a time: the rate limit has recovered a little by then. The pacer waits longer when that is
 * too short.
 */
export const SHORT_WAIT_MS = 1000;

/** The result of one send in the engine's terms; `accessToken` is kept out of the texts. */
export function toSendAnswer(reply: HttpReply, accessToken: string, table: ErrcodeTable): SendAnswer {
  if (reply.kind === "failure") {
    return { class: reply.sent ? "ambiguous" : "unsent", errmsg: reply.reason, hint: reply.hint };
  }
  const answer = fromAnswer(reply, accessToken, table);
  const waitMs = reply.status === 429 || reply.status === 503 ? readRetryAfter(reply) : undefined;
  return waitMs === undefined ? answer : { ...answer, waitMs };
}

function fromAnswer(reply: HttpAnswer, accessToken: string, table: ErrcodeTable): SendAnswer {
  const parsed = parseAnswer(reply.text);
  if (reply.status >= 500) return fromServerError(reply, parsed, accessToken);
  if (parsed?.errcode !== undefined) return fromErrcode(parsed.errcode, parsed, accessToken, table);
  return reply.status >= 300 ? fromStatus(reply, accessToken) : withoutErrcode(reply, parsed, accessToken);
}

/** `HTTP 404 Not Found`. */
export function statusText(status: number): string {
  return `HTTP ${status} ${STATUS_CODES[status] ?? ""}`.trimEnd();
}

/** The gateway may have failed after the message was delivered, whatever errcode it returns. */
function fromServerError(
  reply: HttpAnswer,
  parsed: ParsedAnswer | undefined,
  accessToken: string,
): SendAnswer {
  const status = statusText(reply.status);
  if (!parsed) return { class: "ambiguous", errmsg: status, page: describePage(reply, [accessToken]) };
  const said = safeText(parsed.errmsg, [accessToken]);
  return { class: "ambiguous", errcode: parsed.errcode, errmsg: said ? `${status}: ${said}` : status };
}

function fromErrcode(
  errcode: number,
  { errmsg, msgid }: ParsedAnswer,
  accessToken: string,
  table: ErrcodeTable,
): SendAnswer {
  const verdict = classify(table, errcode);
  const said = errcode === 0 ? "ok" : safeText(errmsg, [accessToken]);
  const { meaning, hint, afterUncertain } = verdict;
  const answer = { class: verdict.class, errcode, errmsg: said || meaning || "", msgid, hint };
  return errcode === 0 ? answer : { ...answer, meaning, ...(afterUncertain ? { afterUncertain } : {}) };
}

/**
 * A redirect or a 4xx that does not come from the API. A single one among successful answers is a fluctuation of a gateway,
 * and it is unknown whether the message had gone through; at an address that never answers otherwise, the breaker ends the
 * run.
 */
function fromStatus(reply: HttpAnswer, accessToken: string): SendAnswer {
  const errmsg = statusText(reply.status);
  if (reply.status === 429) return { class: "quota", errmsg, waitMs: SHORT_WAIT_MS };
  return { class: "ambiguous", errmsg, page: describePage(reply, [accessToken]) };
}

function withoutErrcode(
  reply: HttpAnswer,
  parsed: ParsedAnswer | undefined,
  accessToken: string,
): SendAnswer {
  if (parsed?.errmsg === "ok") return { class: "ok", errcode: 0, errmsg: "ok", msgid: parsed.msgid };
  const page = describePage(reply, [accessToken]);
  if (parsed === undefined) return { class: "ambiguous", errmsg: "the answer is not a JSON object", page };
  const said = safeText(parsed.errmsg, [accessToken]);
  return { class: "ambiguous", errmsg: said || "the answer has no errcode", page };
}
