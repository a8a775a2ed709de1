import { SEND_METHOD } from "../../platforms/alipay/wire.ts";
import type { Codes } from "../codes.ts";
import type { Consents } from "../wechat/consents.ts";
import type { AlipayKeyRing } from "./keys.ts";
import { type AlipayDraft, readAlipayMessage } from "./message.ts";
import { type Parameters, refuseRequest } from "./request.ts";

/** What the gateway thinks of a request. `word`: a code, with a sub_code where there is one; "10000": done. */
export interface GatewayVerdict {
  word: string;
  /** In other words than the usual ones. */
  told?: string | undefined;
  /** The gateway itself refuses: its answer stands under another name, and is not signed. */
  isGatewayError?: boolean;
  /** Who got a message. */
  openId?: string;
}

export interface GatewayOptions {
  appid: string;
  keys: AlipayKeyRing;
  templates: ReadonlySet<string>;
  /** FormIds and trade_nos, the same as other platforms' codes. */
  codes: Codes;
  consents: Consents;
  now: () => number;
}

/** A formId, whatever was registered of it, brings three messages. */
const USES = 3;

/**
 * Alipay's side of a send. The names that the vendor documents are its own; those of refusals that it does not document begin with
 * SANDBOX_, as nobody should take them for real.
 */
export class AlipayGateway {
  readonly #options: GatewayOptions;

  constructor(options: GatewayOptions) {
    this.#options = options;
  }

  /** Judges a message and takes its permission when nothing speaks against it. */
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

  /** What speaks against a request of whatever method. */
  refuse(parameters: Parameters): GatewayVerdict | undefined {
    const { appid, keys, now } = this.#options;
    const refusal = refuseRequest(parameters, { appid, keys, nowMs: now() });
    return refusal && { ...refusal, isGatewayError: true };
  }

  /** Takes the permission; the word of a refusal where there is none. */
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
