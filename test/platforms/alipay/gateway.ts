import { createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from "node:crypto";
import type { SigningKeys } from "../../../src/platforms/errcode/account.ts";
import { type HttpDouble, type Received, serveHttp } from "../servers.ts";

/** Pairs of keys as Alipay's tool makes them; made once, because it takes a moment. */
export const APP = generateKeyPairSync("rsa", { modulusLength: 2048 });
export const ALIPAY = generateKeyPairSync("rsa", { modulusLength: 2048 });

export const keyText = (key: KeyObject, type: "pkcs1" | "pkcs8" | "spki", format: "der" | "pem" = "der") =>
  key.export({ type, format } as never).toString("base64" as never) as unknown as string;

export const KEYS: SigningKeys = {
  appid: "2021000000000000",
  privateKey: keyText(APP.privateKey, "pkcs8"),
  platformKey: keyText(ALIPAY.publicKey, "spki"),
};

export const NAME = "alipay_open_app_mini_templatemessage_send_response";
export const OK = '{"code":"10000","msg":"Success"}';

/** The answer to a send as Alipay words it: signed over the bytes of the inner object. */
export function signed(inner: string, key: KeyObject = ALIPAY.privateKey, more = ""): string {
  return `{"${NAME}":${inner},"sign":"${sign("sha256", Buffer.from(inner), key).toString("base64")}"${more}}`;
}

/** What a request says, its two places put together. */
export function parametersOf({ url, body }: Received): Record<string, string> {
  const pairs = [...new URL(url, "http://x").searchParams, ...new URLSearchParams(body)];
  expectOnce(pairs.map(([name]) => name));
  return Object.fromEntries(pairs);
}

function expectOnce(names: string[]): void {
  if (new Set(names).size !== names.length) throw new Error(`a parameter is there twice: ${names}`);
}

/**
 * A gateway written from the vendor's pages "signing by oneself" and "alipay.open.app.mini.templatemessage.send" alone. It
 * answers what `answer` gives where nothing is wrong with the request, and else says what is.
 */
export function serveGateway(answer: (parameters: Record<string, string>) => string): Promise<HttpDouble> {
  return serveHttp((response, request) => {
    const parameters = parametersOf(request);
    const wrong = wrongWith(request, parameters);
    const body = wrong
      ? `{"error_response":{"code":"40002","sub_code":"double","sub_msg":"${wrong}"}}`
      : answer(parameters);
    response.writeHead(200, { "content-type": "text/html;charset=utf-8" }).end(body);
  });
}

/** The vendor's table of common parameters, with their lengths. */
const COMMON: Record<string, RegExp> = {
  app_id: /^\d{16,32}$/,
  method: /^alipay\.open\.app\.mini\.templatemessage\.send$/,
  format: /^JSON$/,
  charset: /^utf-8$/,
  sign_type: /^RSA2$/,
  sign: /^[A-Za-z0-9+/]{342}==$/,
  timestamp: /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/,
  version: /^1\.0$/,
  biz_content: /^\{.*\}$/s,
};

function wrongWith({ method, headers }: Received, parameters: Record<string, string>): string | undefined {
  if (method !== "POST") return `the method is ${method}`;
  if (headers["content-type"] !== "application/x-www-form-urlencoded;charset=utf-8")
    return `the body is ${headers["content-type"]}`;
  for (const [name, form] of Object.entries(COMMON))
    if (!form.test(parameters[name] ?? "")) return `${name} is ${parameters[name]}`;
  const { sign: signature = "", ...others } = parameters;
  const text = Object.keys(others)
    .sort()
    .map((name) => `${name}=${others[name]}`)
    .join("&");
  const isOurs = verify(
    "RSA-SHA256",
    Buffer.from(text, "utf8"),
    createPublicKey(APP.privateKey),
    Buffer.from(signature, "base64"),
  );
  return isOurs ? undefined : "the signature is wrong";
}
