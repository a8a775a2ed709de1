/** Wire types of the WeChat API, as documented by the vendor; the sandbox speaks the same ones. */

/** Common to all answers; `errcode` absent or 0 means success. */
export interface WireAnswer {
  errcode?: number;
  errmsg?: string;
}

/** GET /cgi-bin/token and POST /cgi-bin/stable_token. */
export interface WireToken extends WireAnswer {
  access_token?: string;
  /** Seconds, at most 7200. */
  expires_in?: number;
}

/** Body of POST /cgi-bin/message/wxopen/template/send. */
export interface WireTemplateMessage {
  touser: string;
  template_id: string;
  form_id: string;
  page?: string;
  data: Record<string, { value: string }>;
  /** As `keyword1.DATA`. */
  emphasis_keyword?: string;
}

/** Body of POST /cgi-bin/message/template/send, of official accounts. */
export interface WireMpMessage {
  touser: string;
  template_id: string;
  url?: string;
  miniprogram?: { appid: string; pagepath?: string };
  data: Record<string, { value: string }>;
  /** "For one openid and client_msg_id only one message is sent; valid for 10 minutes". */
  client_msg_id?: string;
}

/** Body of POST /cgi-bin/message/subscribe/send. The newest page of the vendor lists the last two as required. */
export interface WireSubscribeMessage {
  touser: string;
  template_id: string;
  page?: string;
  data: Record<string, { value: string }>;
  miniprogram_state?: "developer" | "trial" | "formal";
  lang?: "zh_CN" | "en_US" | "zh_HK" | "zh_TW";
}

/** One of the account's templates for subscribe messages, as GET /wxaapi/newtmpl/gettemplate lists it. */
export interface WireTemplate {
  priTmplId: string;
  title: string;
  /** One `label:{{thing1.DATA}}` per line. */
  content: string;
  /** Like `content`, with values in place of the fields. */
  example: string;
  /** 2: one-time, 3: long-term. */
  type: 2 | 3;
  /** The only values that the fields with these names accept. */
  keywordEnumValueList?: { keywordCode: string; enumValueList: string[] }[];
}

export const PATHS = {
  token: "/cgi-bin/token",
  stableToken: "/cgi-bin/stable_token",
  templateSend: "/cgi-bin/message/wxopen/template/send",
  mpTemplateSend: "/cgi-bin/message/template/send",
  subscribeSend: "/cgi-bin/message/subscribe/send",
  getTemplate: "/wxaapi/newtmpl/gettemplate",
  quotaGet: "/cgi-bin/openapi/quota/get",
  jscode2session: "/sns/jscode2session",
} as const;
