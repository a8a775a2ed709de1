import type { SendAnswer } from "../../broadcast/ports.ts";
import { parseFields } from "../errcode/answer.ts";
import { BASE_HINT, SHORT_WAIT_MS, statusText } from "../errcode/send-answer.ts";
import { classify, type ErrcodeTable } from "../errcode/verdicts.ts";
import type { HttpAnswer, HttpReply } from "../http/exchange.ts";
import { describePage } from "../http/foreign-page.ts";
import { readRetryAfter } from "../http/retry-after.ts";
import { safeText } from "../http/safe-text.ts";
import { gatewayCode } from "./errcodes.ts";

/** The answer of one of the two layers. */
interface Said {
  errcode: number | string;
  errmsg: string;
  msgid: string | undefined;
}

/**
 * The result of one send in the engine's terms. The gateway's `error_code` takes precedence over the service's `errno`, as in
 * the vendor's SDK. `accessToken` is kept out of the texts.
 */
export function readSendAnswer(reply: HttpReply, accessToken: string, table: ErrcodeTable): SendAnswer {
  if (reply.kind === "failure")
    return { class: reply.sent ? "ambiguous" : "unsent", errmsg: reply.reason, hint: reply.hint };
  const answer = fromAnswer(reply, [accessToken], table);
  const waitMs = reply.status === 429 || reply.status === 503 ? readRetryAfter(reply) : undefined;
  return waitMs === undefined ? answer : { ...answer, waitMs };
}

function fromAnswer(reply: HttpAnswer, secrets: string[], table: ErrcodeTable): SendAnswer {
  const said = readSaid(reply.text);
  // Whatever else such an answer says, the message may have been delivered before it.
  if (reply.status >= 500) {
    const { errcode, errmsg = "" } = said ?? {};
    const words = safeText(errmsg, secrets);
    const status = statusText(reply.status);
    const page = said ? undefined : describePage(reply, secrets);
    return { class: "ambiguous", errcode, errmsg: words ? `${status}: ${words}` : status, page };
  }
  if (said) return fromSaid(said, secrets, table);
  if (reply.status === 429)
    return { class: "quota", errmsg: statusText(reply.status), waitMs: SHORT_WAIT_MS };
  const page = describePage(reply, secrets);
  if (reply.status >= 300) return { class: "ambiguous", errmsg: statusText(reply.status), page };
  return { class: "ambiguous", errmsg: "the answer has neither errno nor error_code", hint: BASE_HINT, page };
}

function fromSaid({ errcode, errmsg, msgid }: Said, secrets: string[], table: ErrcodeTable): SendAnswer {
  if (errcode === 0) return { class: "ok", errcode, errmsg: "ok", msgid };
  const { class: name, meaning, hint } = classify(table, errcode);
  return { class: name, errcode, errmsg: safeText(errmsg, secrets) || meaning || "", meaning, hint };
}

/** Undefined for text that is not an answer of either layer. */
function readSaid(text: string): Said | undefined {
  const fields = parseFields(text.replace(MSG_KEY_NUMBER, '$1"$2"'));
  if (!fields) return undefined;
  const refused = integerOf(fields.error_code);
  if (refused !== undefined && refused !== 0)
    return { errcode: gatewayCode(refused), errmsg: textOf(fields.error_msg), msgid: undefined };
  const errno = integerOf(fields.errno);
  if (errno === undefined) return undefined;
  const data = typeof fields.data === "object" && fields.data !== null ? fields.data : {};
  const key = "msg_key" in data ? textOf(data.msg_key) : "";
  return { errcode: errno, errmsg: textOf(fields.msg ?? fields.errmsg), msgid: key || undefined };
}

/** Keeps the exact digits, which JSON.parse would round. A bare `"` can't occur within a JSON string. */
const MSG_KEY_NUMBER = /([{,]\s*"msg_key"\s*:\s*)(\d+)(?=\s*[,}])/g;

/** Numbers may also come as strings. */
function integerOf(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isSafeInteger(value) ? value : undefined;
  return typeof value === "string" && /^-?\d{1,9}$/.test(value) ? Number(value) : undefined;
}

function textOf(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}
