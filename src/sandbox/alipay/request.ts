import type { AlipayKeyRing } from "./keys.ts";

/** The parameters of a request by name, from query and body. */
export type Parameters = ReadonlyMap<string, string>;

/** The parameters; undefined if one is repeated: it is unknown which of the two was signed. */
export function readParameters(url: string, body: string): Parameters | undefined {
  const mark = url.indexOf("?");
  const pairs = [...new URLSearchParams(mark < 0 ? "" : url.slice(mark)), ...new URLSearchParams(body)];
  const parameters = new Map(pairs);
  return parameters.size === pairs.length ? parameters : undefined;
}

/** Maximum difference between a timestamp and the platform's clock (the vendor gives no figure). */
const MAX_SKEW_MS = 15 * 60_000;
const BEIJING_MS = 8 * 3_600_000;

/**
 * Why the gateway refuses a request, for any method: a code with its sub_code, or undefined. `told`: its message about a
 * wrong signature, which is the complete text that it has verified.
 */
export function refuseRequest(
  parameters: Parameters,
  { appid, keys, nowMs }: { appid: string; keys: AlipayKeyRing; nowMs: number },
): { word: string; told?: string } | undefined {
  const fixed = { charset: "utf-8", sign_type: "RSA2", version: "1.0", format: "JSON" };
  for (const name of ["app_id", "method", "sign", "timestamp", "charset", "sign_type", "version"])
    if (!parameters.get(name)) return { word: `40001/isv.missing-${name.replace("_", "-")}` };
  if (parameters.get("app_id") !== appid) return { word: "40002/isv.invalid-app-id" };
  for (const [name, value] of Object.entries(fixed))
    if ((parameters.get(name) ?? value).toUpperCase() !== value.toUpperCase())
      return { word: `40002/isv.invalid-${name.replace("_", "-")}` };
  const text = signedText(parameters);
  if (!keys.isSigned(text, parameters.get("sign") ?? ""))
    return { word: "40002/isv.invalid-signature", told: `验签出错, 待验签字符串为: ${text}` };
  if (!isTimely(parameters.get("timestamp") ?? "", nowMs)) return { word: "40002/isv.invalid-timestamp" };
  const { certificates } = keys;
  if (certificates?.appSn !== parameters.get("app_cert_sn")) return { word: "40002/isv.invalid-app-cert-sn" };
  if (certificates?.rootSn !== parameters.get("alipay_root_cert_sn"))
    return { word: "40002/isv.invalid-alipay-root-cert-sn" };
  return undefined;
}

/** All received parameters except the signature: one that was not signed makes the signature wrong. */
function signedText(parameters: Parameters): string {
  const pairs = [...parameters].filter(([name, value]) => name !== "sign" && value !== "");
  return pairs
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map((pair) => pair.join("="))
    .join("&");
}

function isTimely(timestamp: string, nowMs: number): boolean {
  if (!/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(timestamp)) return false;
  const atMs = Date.parse(`${timestamp.replace(" ", "T")}Z`) - BEIJING_MS;
  return Math.abs(atMs - nowMs) <= MAX_SKEW_MS;
}
