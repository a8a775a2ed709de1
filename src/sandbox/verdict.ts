/** What the platform thinks of one send. */
export interface Verdict {
  /** 0: delivered. A word where the platform has names for its refusals. */
  errcode: number | string;
  /** In other words than the usual ones. */
  errmsg?: string | undefined;
  /** It was refused before it came to the method, where the platform words that otherwise. */
  isGatewayError?: boolean | undefined;
  /** The same in the answer and in the receipt. */
  msgid?: string | undefined;
  /** The user who can get nothing else until `release`. */
  holds?: string | undefined;
}
