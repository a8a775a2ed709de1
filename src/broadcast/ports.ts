/** What the API's answer to one send means for the engine; `wechat/errcodes.ts` maps errcodes to it. */
export type AnswerClass =
  | "ok"
  /** The access token was refused; nothing was sent. */
  | "token"
  /** The code was refused: 41028 or 41029. */
  | "code"
  /** This user can't be messaged: 40003, 41009, 43101. */
  | "recipient"
  /** 43108: one call an openId at a time; nothing was sent. */
  | "concurrency"
  /** Busy, 5xx, timeout, reset, garbage: the message may or may not have been delivered. */
  | "ambiguous"
  /** The request never left this machine: nothing was sent. */
  | "unsent"
  | "minute_quota"
  /** Nothing more can be sent until somebody mends the cause. */
  | "fatal"
  /** An errcode that the table does not know. */
  | "unlisted";

export interface SendAnswer {
  class: AnswerClass;
  /** Absent when the API gave none (a reset, a timeout, a body that is not JSON). */
  errcode?: number | undefined;
  /** The API's errmsg without its request id, or what happened on the wire. */
  errmsg: string;
  /** Text, because it exceeds 2^53. */
  msgid?: string | undefined;
  /** For `fatal`: what the operator can do. */
  hint?: string | undefined;
}

/** Sends the broadcast's message; built once a broadcast so that its constant part is serialised once. */
export interface MessageSender {
  /** Never rejects: what goes wrong on the wire is an answer too. */
  send(openId: string, formId: string, accessToken: string): Promise<SendAnswer>;
  close(): Promise<void>;
}
