/** Wire format of Alipay's gateway, as documented by the vendor; the sandbox speaks the same one. */

/** The only address, for every method. */
export const GATEWAY_PATH = "/gateway.do";

/** Template messages by formId or trade_no, and subscription messages without either. */
export const SEND_METHOD = "alipay.open.app.mini.templatemessage.send";

/** The field that holds the answer to a method: `alipay_open_app_mini_templatemessage_send_response`. */
export function responseName(method: string): string {
  return `${method.replaceAll(".", "_")}_response`;
}

/** Replaces that field when the gateway itself refuses; it may come without a signature. */
export const ERROR_RESPONSE = "error_response";

/** `biz_content` of a send, as JSON text. */
export interface WireAlipayMessage {
  /** One of the two is set. */
  to_user_id?: string;
  to_open_id?: string;
  /** A formId or trade_no; absent for subscription templates. */
  form_id?: string;
  user_template_id: string;
  page: string;
  /** JSON text: `{"keyword1":{"value":"..."}}`. */
  data: string;
}

/** What an answer says. */
export interface WireAlipayAnswer {
  code: string;
  msg: string;
  sub_code?: string;
  sub_msg?: string;
}
