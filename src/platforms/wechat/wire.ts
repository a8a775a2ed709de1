/** Wire types of the WeChat API, as documented by the vendor; the sandbox speaks the same ones. */

/** Every answer carries these; `errcode` absent or 0 means ok. */
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

/** Body of POST /cgi-bin/stable_token. */
export interface WireStableTokenRequest {
  grant_type: "client_credential";
  appid: string;
  secret: string;
  force_refresh?: boolean;
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

export interface WireSendAnswer extends WireAnswer {
  /** Seen with 19 digits: beyond 2^53, so it has to be read as text. */
  msgid?: string | number;
}

export const PATHS = {
  token: "/cgi-bin/token",
  stableToken: "/cgi-bin/stable_token",
  templateSend: "/cgi-bin/message/wxopen/template/send",
} as const;
