import { sign } from "node:crypto";
import type { Clock } from "../../clock.ts";
import type { HttpRequest } from "../http/lanes.ts";
import type { AlipayKeys } from "./keys.ts";
import { SEND_METHOD } from "./wire.ts";

/** The method's own parameters: `biz_content`. */
type OwnParameters = Readonly<Record<string, string>>;

/** Makes requests to send; `onRequest` gets it, or the error of OpenSSL. */
export type Signer = (own: OwnParameters, onRequest: (request: HttpRequest | Error) => void) => void;

/**
 * Signs on Node's thread pool: with a key of 2048 bits a signature takes about a millisecond, during which the main thread
 * sends and settles other messages. Common parameters go into the query, as in the vendor's own SDKs; parameters that may
 * identify a user go into the body, because queries end up in the logs of proxies.
 */
export function createSigner(path: string, keys: AlipayKeys, clock: Clock): Signer {
  const fixed = {
    app_id: keys.appid,
    method: SEND_METHOD,
    format: "JSON",
    charset: "utf-8",
    sign_type: "RSA2",
    version: "1.0",
    ...(keys.certificates && {
      app_cert_sn: keys.certificates.appSn,
      alipay_root_cert_sn: keys.certificates.rootSn,
    }),
  };
  return (own, onRequest) => {
    const common = { ...fixed, timestamp: beijingTime(clock.now()) };
    const text = Buffer.from(stringToSign({ ...common, ...own }));
    sign("RSA-SHA256", text, keys.privateKey, (error, signature) => {
      if (error) return onRequest(error);
      const query = new URLSearchParams({ ...common, sign: signature.toString("base64") });
      onRequest({ method: "POST", path: `${path}?${query}`, body: new URLSearchParams(own).toString() });
    });
  };
}

/**
 * All parameters that have a value, sorted by name, before any encoding. Source: opendocs.alipay.com, "signing by oneself".
 */
function stringToSign(parameters: Readonly<Record<string, string>>): string {
  return Object.keys(parameters)
    .sort()
    .filter((name) => parameters[name] !== "")
    .map((name) => `${name}=${parameters[name]}`)
    .join("&");
}

const BEIJING_MS = 8 * 3_600_000;

/**
 * `2026-11-26 10:50:07` in Beijing time, whatever this machine's time zone; the gateway refuses times that differ much from
 * its own.
 */
function beijingTime(nowMs: number): string {
  return new Date(nowMs + BEIJING_MS).toISOString().slice(0, 19).replace("T", " ");
}
