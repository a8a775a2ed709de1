import { verify } from "node:crypto";
import { parseFields } from "../errcode/answer.ts";
import type { AlipayKeys } from "./keys.ts";
import { ERROR_RESPONSE, responseName, SEND_METHOD } from "./wire.ts";

/** An answer of the gateway. */
export interface GatewayAnswer {
  /** The fields of the method's own answer, or of `error_response`. */
  fields: Readonly<Record<string, unknown>>;
  /** Refused by the gateway: the request did not reach the method. */
  isGatewayError: boolean;
  /** `unsigned`: there is no signature; `wrong`: it does not match the key for verifying answers. */
  proof: "verified" | "unsigned" | "wrong";
  /** The id of the certificate that Alipay has signed with, in certificate mode. */
  certificateSn: string | undefined;
}

/**
 * The answer to a send in `text`, with its signature verified over the exact bytes that were sent; undefined when it is not
 * an answer of the gateway. Never throws.
 */
export function readAnswer(text: string, key: AlipayKeys["alipayKey"]): GatewayAnswer | undefined {
  const outer = parseFields(text);
  if (!outer) return undefined;
  const name = responseName(SEND_METHOD);
  const own = asObject(outer[name]);
  const fields = own ?? asObject(outer[ERROR_RESPONSE]);
  if (!fields) return undefined;
  const certificateSn = typeof outer.alipay_cert_sn === "string" ? outer.alipay_cert_sn : undefined;
  const signed = rawObject(text, own ? name : ERROR_RESPONSE);
  return {
    fields,
    isGatewayError: own === undefined,
    proof: proofOf(signed, outer.sign, key),
    certificateSn,
  };
}

function proofOf(
  signed: string | undefined,
  sign: unknown,
  key: AlipayKeys["alipayKey"],
): GatewayAnswer["proof"] {
  if (typeof sign !== "string" || sign === "") return "unsigned";
  if (signed === undefined) return "wrong";
  return verify("RSA-SHA256", Buffer.from(signed), key, Buffer.from(sign, "base64")) ? "verified" : "wrong";
}

/**
 * The object of that name as it was sent, from its opening brace to the closing one: parsed and serialised again it would
 * have other bytes. A bare `"` can't occur within a JSON string, so the name is not found in the middle of one.
 */
function rawObject(text: string, name: string): string | undefined {
  const start = new RegExp(`"${name}"\\s*:\\s*(?=\\{)`).exec(text);
  if (!start) return undefined;
  const from = start.index + start[0].length;
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    const char = text[at];
    if (char === '"') at = endOfString(text, at);
    else if (char === "{") depth++;
    else if (char === "}" && --depth === 0) return text.slice(from, at + 1);
  }
  return undefined;
}

/** The position of the closing quote of the string that begins at `at`. */
function endOfString(text: string, at: number): number {
  let end = at + 1;
  while (end < text.length && text[end] !== '"') end += text[end] === "\\" ? 2 : 1;
  return end;
}

function asObject(value: unknown): Record<string, unknown> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}
