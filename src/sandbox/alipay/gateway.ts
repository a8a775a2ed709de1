import { SEND_METHOD } from "../../platforms/alipay/wire.ts";
import type { Codes } from "../codes.ts";
import type { Consents } from "../wechat/consents.ts";
import type { AlipayKeyRing } from "./keys.ts";
import { type AlipayDraft, readAlipayMessage } from "./message.ts";
import { type Parameters, refuseRequest } from "./request.ts";

/** The gateway's verdict on a request. `word`: a code, with a sub_code if there is one; "10000": success. */
export interface GatewayVerdict {
  word: string;
  /** A text that replaces the usual one. */
  told?: string | undefined;
  /** A refusal by the gateway itself: its answer has another name, and is not signed. */
  isGatewayError?: boolean;
  /** The user who got a message. */
  openId?: string;
}

export interface GatewayOptions {
  appid: string;
  keys: AlipayKeyRing;
  templates: ReadonlySet<string>;
  /** FormIds and trade_nos, treated like other platforms' codes. */
  codes: Codes;
  consents: Consents;
  now: () => number;
}

/** A formId is good for three messages, whatever was registered for it. */
const USES = 3;

/**
 * Alipay's part of a send. The names that the vendor documents are its own; undocumented refusals have names that begin with
 * SANDBOX_, so that nobody mistakes them for real ones.
 */
export class AlipayGateway {
  readonly #options: GatewayOptions;

  constructor(options: GatewayOptions) {
    this.#options = options;
  }

  /** Judges a message and spends its permission if there is no other reason to refuse it. */
  send(parameters: Parameters): GatewayVerdict {
    const refusal = this.refuse(parameters);
    if (refusal) return refusal;
    if (parameters.get("method") !== SEND_METHOD)
      return { word: "40002/isv.invalid-method", isGatewayError: true };
    const draft = readAlipayMessage(parameters.get("biz_content") ?? "", this.#options.templates);
    if (typeof draft === "string") return { word: draft };
    const word = this.#spend(draft);
    return word === undefined ? { word: "10000", openId: draft.openId } : { word };
  }

  /** The reason to refuse a request, for any method. */
  refuse(parameters: Parameters): GatewayVerdict | undefined {
    const { appid, keys, now } = this.#options;
    const refusal = refuseRequest(parameters, { appid, keys, nowMs: now() });
    return refusal && { ...refusal, isGatewayError: true };
  }

  /** Spends the permission; returns the word of a refusal if there is none. */
  #spend({ openId, templateId, formId }: AlipayDraft): string | undefined {
    const { codes, consents, now } = this.#options;
    if (formId === undefined) {
      if (!consents.has(openId, templateId)) return "40004/SANDBOX_NOT_SUBSCRIBED";
      consents.spend(openId, templateId, false);
      return undefined;
    }
    const code = codes.find(formId, openId);
    if (code === undefined) return "40004/FORM_ID_NOT_MATCH_APPID";
    if (code.expire <= now()) return "40004/FORM_ID_OVER_TIME";
    if (code.openId !== openId) return "40004/TRADE_NO_NOT_MATCH_USERID";
    if (code.used >= USES) return "40004/SANDBOX_FORM_ID_USED_UP";
    codes.use(code);
    return undefined;
  }
}
