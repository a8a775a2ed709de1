/** Wire format of Baidu's smart programs, as documented by the vendor (smartprogram.baidu.com, server API); the sandbox speaks the same one. */

export const PATHS = {
  token: "/oauth/2.0/token",
  templateSend: "/rest/2.0/smartapp/template/send",
  subscribeSend: "/rest/2.0/smartapp/template/message/subscribe/send",
} as const;

/** All bodies are forms, with the access token in the query. */
export const FORM_TYPE = "application/x-www-form-urlencoded";

/** The parameters of a token call. */
export const TOKEN_GRANT = { grant_type: "client_credentials", scope: "smartapp_snsapi_base" } as const;

/** For template/send: the event that a code comes from. */
export const SCENE_TYPES = {
  form: 1,
  /** An order of Baidu's cashier. */
  cashier: 2,
  /** An order that was paid directly. */
  directOrder: 3,
} as const;

/** The fields of template/send. */
export interface WireTemplateForm {
  template_id: string;
  /** One of the two: a guest's swan_id, or a user's openId. */
  touser?: string;
  touser_openId?: string;
  /** JSON text: `{"keyword1":{"value":"..."}}`. */
  data: string;
  page?: string;
  scene_id: string;
  scene_type: "1" | "2" | "3";
}

/** The fields of subscribe/send. */
export interface WireSubscribeForm {
  template_id: string;
  touser_openId: string;
  /** Chosen by the developer when the user subscribed. */
  subscribe_id: string;
  data: string;
  page?: string;
}

/** The answer of the service; `errno` is 0 for success. */
export interface WireServiceAnswer {
  errno: number;
  msg: string;
  data?: { msg_key?: number };
}

/** The answer of the gateway in front of it. */
export interface WireGatewayAnswer {
  error_code: number;
  error_msg: string;
}
