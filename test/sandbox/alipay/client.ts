import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { type Sandbox, type SandboxOptions, startSandbox } from "../../../src/sandbox/sandbox.ts";

export const USER = "2088102122458832";
const NAME = "alipay_open_app_mini_templatemessage_send_response";

/** An answer of the gateway, with what was looked at. */
export interface GatewayAnswer {
  code: string;
  sub_code?: string;
  sub_msg?: string;
  /** Where it stood. */
  name: string;
  isSigned: boolean;
}

export interface Client {
  sandbox: Sandbox;
  /** Sends a message; `change` is made before the request is signed, `after` to the signed query. */
  send(
    biz?: object,
    change?: Record<string, string>,
    after?: (query: URLSearchParams) => void,
  ): Promise<GatewayAnswer>;
}

/** Runs the body against a sandbox with a client that signs by itself, written from the vendor's pages. */
export async function withGateway(
  options: SandboxOptions,
  body: (client: Client) => Promise<void>,
): Promise<void> {
  const sandbox = await startSandbox({ appid: "2021000000000000", ...options });
  try {
    const { appPrivateKey = "", alipayPublicKey } = sandbox.alipayKeys();
    const own = createPrivateKey({ key: Buffer.from(appPrivateKey, "base64"), format: "der", type: "pkcs8" });
    const alipay = createPublicKey({
      key: Buffer.from(alipayPublicKey, "base64"),
      format: "der",
      type: "spki",
    });
    await body({
      sandbox,
      send: (biz, change, after) => send(sandbox.url, { own, alipay }, biz, change, after),
    });
  } finally {
    await sandbox.close();
  }
}

export function message(change: object = {}): object {
  return {
    to_user_id: USER,
    form_id: "F1",
    user_template_id: "TPL",
    page: "pages/index",
    data: '{"keyword1":{"value":"a"}}',
    ...change,
  };
}

async function send(
  url: string,
  keys: { own: KeyObject; alipay: KeyObject },
  biz: object = message(),
  change: Record<string, string> = {},
  after: (query: URLSearchParams) => void = () => undefined,
): Promise<GatewayAnswer> {
  const parameters: Record<string, string> = {
    app_id: "2021000000000000",
    method: "alipay.open.app.mini.templatemessage.send",
    charset: "utf-8",
    sign_type: "RSA2",
    timestamp: new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 19).replace("T", " "),
    version: "1.0",
    biz_content: JSON.stringify(biz),
    ...change,
  };
  const names = Object.keys(parameters).filter((name) => parameters[name] !== "");
  const text = names
    .sort()
    .map((name) => `${name}=${parameters[name]}`)
    .join("&");
  const query = new URLSearchParams(Object.fromEntries(names.map((name) => [name, parameters[name] ?? ""])));
  query.set("sign", sign("RSA-SHA256", Buffer.from(text), keys.own).toString("base64"));
  after(query);
  const response = await fetch(`${url}/gateway.do`, { method: "POST", body: query });
  return readAnswer(await response.text(), keys.alipay);
}

function readAnswer(text: string, key: KeyObject): GatewayAnswer {
  const [, name = "", inner = "", signature] =
    /^\{"(\w+)":(\{.*?\})(?:,"sign":"([^"]+)")?(?:,"alipay_cert_sn":"\w+")?\}$/.exec(text) ?? [];
  if (name !== NAME && name !== "error_response") throw new Error(`not an answer: ${text}`);
  const isSigned =
    signature !== undefined &&
    verify("RSA-SHA256", Buffer.from(inner), key, Buffer.from(signature, "base64"));
  return { ...JSON.parse(inner), name: name === NAME ? "own" : name, isSigned };
}
