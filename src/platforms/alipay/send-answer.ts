import type { Addressee, SendAnswer } from "../../broadcast/ports.ts";
import { BASE_HINT, statusText } from "../errcode/send-answer.ts";
import type { ErrcodeTable } from "../errcode/verdicts.ts";
import type { HttpAnswer, HttpReply } from "../http/exchange.ts";
import { describePage } from "../http/foreign-page.ts";
import { readRetryAfter } from "../http/retry-after.ts";
import { safeText } from "../http/safe-text.ts";
import { verdictOn, wordOf } from "./errcodes.ts";
import type { AlipayKeys } from "./keys.ts";
import { type GatewayAnswer, readAnswer } from "./signed-answer.ts";

const KEY_HINT =
  "check PUSH_CLI_ALIPAY_PUBLIC_KEY: it is Alipay's public key for this application, not the application's own";

type Keys = Pick<AlipayKeys, "alipayKey" | "certificates">;

/** The result of one send in the engine's terms; values that identify the recipient are kept out of the texts. */
export function readSendAnswer(reply: HttpReply, to: Addressee, table: ErrcodeTable, keys: Keys): SendAnswer {
  if (reply.kind === "failure")
    return { class: reply.sent ? "ambiguous" : "unsent", errmsg: reply.reason, hint: reply.hint };
  const secrets = [to.openId, to.formId];
  const answer = reply.status < 300 ? readAnswer(reply.text, keys.alipayKey) : undefined;
  if (!answer) return withoutAnswer(reply, secrets);
  return doubtOf(answer, keys) ?? judge(answer, secrets, table);
}

/** The failure may have happened before the message was delivered, or after. */
function withoutAnswer(reply: HttpAnswer, secrets: string[]): SendAnswer {
  const waitMs = reply.status === 429 || reply.status === 503 ? readRetryAfter(reply) : undefined;
  const isStatus = reply.status >= 300;
  return {
    class: "ambiguous",
    errmsg: isStatus ? statusText(reply.status) : "the answer is not Alipay's",
    page: describePage(reply, secrets),
    ...(isStatus ? {} : { hint: BASE_HINT }),
    ...(waitMs !== undefined && { waitMs }),
  };
}

/**
 * Why an answer is not trusted. Refusals by the gateway itself may come without a signature, because it may not know whose
 * key to sign with; answers of the method about the message are signed.
 */
function doubtOf({ fields, isGatewayError, proof, certificateSn }: GatewayAnswer, { certificates }: Keys) {
  const saysOfMessage = fields.code === "10000" || fields.code === "40004";
  if (proof === "verified" || (isGatewayError && !saysOfMessage)) return undefined;
  if (proof === "unsigned") return saysOfMessage ? doubt("the answer is not signed", BASE_HINT) : undefined;
  const isOther = certificates && certificateSn !== undefined && certificateSn !== certificates.alipaySn;
  if (isOther)
    return doubt(
      "the answer is signed with another certificate than PUSH_CLI_ALIPAY_CERT",
      "Alipay may have changed its certificate: take the new one from the console",
    );
  const hint = certificates ? "check PUSH_CLI_ALIPAY_CERT: it is Alipay's certificate" : KEY_HINT;
  return doubt("the signature of the answer is wrong", hint);
}

/** The message may have been delivered, whoever answered. */
function doubt(errmsg: string, hint: string): SendAnswer {
  return { class: "ambiguous", errmsg, hint };
}

function judge({ fields }: GatewayAnswer, secrets: string[], table: ErrcodeTable): SendAnswer {
  const { code, sub_code: subCode } = fields;
  if (code === "10000") return { class: "ok", errmsg: "ok" };
  if (typeof code !== "string" || !/^\d{1,9}$/.test(code))
    return { class: "ambiguous", errmsg: "the answer has no code", hint: BASE_HINT };
  const errcode = wordOf(code, subCode);
  const verdict = verdictOn(table, errcode) ?? { class: "unlisted" };
  const errmsg = textOf(fields, secrets) || verdict.meaning || "";
  return { class: verdict.class, errcode, errmsg, meaning: verdict.meaning, hint: verdict.hint };
}

/**
 * `sub_msg`, which is more informative than `msg`. That of isv.invalid-signature repeats the whole text to be signed,
 * including the user's id and the message: anything that may be such a text is cut off.
 */
function textOf({ msg, sub_msg: subMsg }: GatewayAnswer["fields"], secrets: string[]): string {
  const said = [subMsg, msg].find((text) => typeof text === "string" && text !== "");
  const text = String(said ?? "").replace(/\b(?:\w+=[^&]*&|biz_content\b)[\s\S]*/, "[redacted]");
  return safeText(text, secrets);
}
