import { ERROR_RESPONSE, responseName, type WireAlipayAnswer } from "../../platforms/alipay/wire.ts";
import type { GatewayVerdict } from "./gateway.ts";
import type { AlipayKeyRing } from "./keys.ts";

const MSGS: Record<string, string> = {
  10000: "Success",
  20000: "Service Currently Unavailable",
  20001: "Insufficient Token Permissions",
  40001: "Missing Required Arguments",
  40002: "Invalid Arguments",
  40003: "Insufficient Conditions",
  40004: "Business Failed",
  40005: "Call Limited",
  40006: "Insufficient Permissions",
};

const SUB_MSGS: Record<string, string> = {
  FORM_ID_OVER_TIME: "formId超时",
  "isp.unknow-error": "系统繁忙",
};

/** The body: signed, except for refusals by the gateway itself. `more`: additional fields of a method. */
export function renderAnswer(
  { word, told, isGatewayError }: GatewayVerdict,
  method: string,
  keys: AlipayKeyRing,
  more: Readonly<Record<string, string>> = {},
): string {
  const [code = "", subCode] = word.split("/");
  const answer: WireAlipayAnswer = {
    code,
    msg: MSGS[code] ?? "",
    ...(subCode !== undefined && { sub_code: subCode, sub_msg: told ?? SUB_MSGS[subCode] ?? subCode }),
  };
  const inner = JSON.stringify({ ...answer, ...more });
  if (isGatewayError) return `{"${ERROR_RESPONSE}":${inner}}`;
  const sn = keys.certificates && `,"alipay_cert_sn":"${keys.certificates.alipaySn}"`;
  return `{"${responseName(method)}":${inner},"sign":"${keys.sign(inner)}"${sn ?? ""}}`;
}
