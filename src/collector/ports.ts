import type { Receipt } from "../broadcast/receipts.ts";

/** A code as reported by a client. */
export interface CodeReport {
  formId: string;
  /** Time since it was collected, by the client's clock, ms, 0 or more. */
  ageMs: number;
  /** An expiry stated in the report, epoch ms: it may shorten the lifetime of the code, but never extend it. */
  notAfterMs?: number | undefined;
  /** How many messages it is good for; defaults to 1. */
  uses?: number | undefined;
  /** For a payment at Baidu: 2 or 3. */
  scene?: number | undefined;
}

/**
 * The result for a reported code. `known`: the pool holds it, or it was taken in before; `used`: it was sent with;
 * `over_cap`: the pool already holds the maximum of newer ones.
 */
export type CodeFate = "taken" | "known" | "used" | "expired" | "over_cap";

/** The pools of codes, as the collector fills them. */
export interface CodeBook {
  /**
   * Takes in the codes that a user's client reports, at most 100: one atomic step, safe to repeat. The expiry is Redis'
   * current time plus the lifetime of a code minus its age. Above the cap of valid codes, the oldest plain ones are dropped.
   * Resolves after Redis has acknowledged; rejects with a `redis` error when it has not, or when that is unknown.
   */
  take(openId: string, codes: readonly CodeReport[]): Promise<CodeFate[]>;
}

/** Consents that a user has given in one prompt. */
export interface Grant {
  openId: string;
  /** The source: the platform's event, or the client's report. */
  source: "event" | "report";
  /** Identifies the event or the report, to recognize a redelivery. */
  key: string;
  /**
   * The id to store them under, if the platform identifies the permission (Baidu's subscribe_id); by default derived from the
   * key.
   */
  id?: string | undefined;
  /** When the user gave them: epoch ms by the platform's clock, or the time since then by the client's. */
  when: { atMs: number } | { ageMs: number };
  templateIds: readonly string[];
}

/** `known`: a redelivery; `paired`: the other source has reported the same prompt, and it counts once. */
export type GrantFate = "taken" | "known" | "paired" | "over_cap" | "expired";

/** The pools of consents, as the collector fills them. */
export interface ConsentBook {
  /**
   * Returns one fate per template, in their order. Atomic for each template, safe to repeat. Rejects like `CodeBook.take`.
   */
  grant(grant: Grant): Promise<GrantFate[]>;
  /** The user withdraws all consents to these templates. Returns the number removed for each; `key` as for grants. */
  withdraw(withdrawal: { openId: string; key: string; templateIds: readonly string[] }): Promise<number[]>;
  /** Returns whether it was new. */
  receive(receipt: Receipt): Promise<boolean>;
}

/** Everything that the collector stores in Redis. */
export interface CollectorBooks {
  codes: CodeBook;
  consents: ConsentBook;
  /** Rejects with a `redis` error when Redis does not answer at once. */
  ping(): Promise<void>;
}

/** A request to the callback URL as it was received. */
export interface CallbackRequest {
  /** Decoded. A repeated parameter is a list: it is unknown which of the values was signed. */
  query: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Names in lower case. */
  headers: Readonly<Record<string, string | undefined>>;
  body: Buffer;
}

/** The content of a genuine event. Template ids and openIds are valid as parts of keys. */
export type CallbackEvent =
  | { kind: "grants"; openId: string; key: string; atMs: number; templateIds: readonly string[] }
  | { kind: "withdrawals"; openId: string; key: string; templateIds: readonly string[] }
  | { kind: "receipts"; receipts: readonly Omit<Receipt, "atMs">[] }
  /** An event that the collector does not handle. `name` is for the metrics: one of a fixed set of words. */
  | { kind: "other"; name: string };

/** Why a callback is not genuine, or can't be read. `code` appears in the response, the log and the metrics. */
export type CallbackProblem =
  | "bad_signature"
  | "stale_timestamp"
  | "wrong_appid"
  | "bad_envelope"
  | "bad_body"
  | "not_signed";

export class CallbackRefused extends Error {
  readonly code: CallbackProblem;

  constructor(code: CallbackProblem, message: string) {
    super(message);
    this.name = "CallbackRefused";
    this.code = code;
  }
}

/** Reads a platform's callbacks. Both methods throw `CallbackRefused`. */
export interface CallbackReader {
  /** The platform's check of the URL; returns the text of the response. */
  checkUrl(request: CallbackRequest): string;
  /** `answer`: the response to the platform, unless another server gives one. */
  read(request: CallbackRequest): { events: readonly CallbackEvent[]; answer: string };
}

/** Secrets of the callback, as they are set at the platform. */
export interface CallbackSecrets {
  token: string;
  aesKey?: string | undefined;
  /** Still used by the platform for a while after a change. */
  previousAesKey?: string | undefined;
}

/** Why the platform returns no openId for a login code. `refused`: the code is wrong, used or too old: get another one. */
export class LoginFailed extends Error {
  readonly code: "refused" | "busy" | "misconfigured";
  readonly errcode: number | undefined;

  constructor(code: LoginFailed["code"], message: string, errcode?: number) {
    super(message);
    this.name = "LoginFailed";
    this.code = code;
    this.errcode = errcode;
  }
}

/** A platform's part of the collector. */
export interface CollectorPlatform {
  /** The openId of the user whose client got this code. Throws `LoginFailed`. */
  login(code: string): Promise<string>;
  /** Absent if the platform sends no events. */
  callback?(options: {
    secrets: CallbackSecrets;
    appid: string;
    /** Accepts the callbacks of WeChat's cloud hosting, which are not signed, by their special headers. */
    cloudHosting: boolean;
    nowMs(): number;
  }): CallbackReader;
  close(): Promise<void> | void;
}

/** Forwards a callback to the team's own backend, unchanged. Rejects when it can't be reached in time. */
export type Forward = (request: {
  method: "GET" | "POST";
  /** Including the "?". */
  search: string;
  headers: Readonly<Record<string, string>>;
  body: Buffer;
}) => Promise<{ status: number; contentType: string | undefined; body: Buffer }>;
