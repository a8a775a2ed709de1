/** The platform's verdict on one send. */
export interface Verdict {
  /** 0: delivered. A word if the platform has names for its refusals. */
  errcode: number | string;
  /** A text that replaces the usual one. */
  errmsg?: string | undefined;
  /** It was refused before it reached the method, if the platform has another format for that. */
  isGatewayError?: boolean | undefined;
  /** The same in the answer and in the receipt. */
  msgid?: string | undefined;
  /** The user who can't get anything else until `release`. */
  holds?: string | undefined;
}
