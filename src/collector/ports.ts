import type { Receipt } from "../broadcast/receipts.ts";

/** A code as a client reports it. */
export interface CodeReport {
  formId: string;
  /** How long ago it was collected by the client's clock, ms, 0 or more. */
  ageMs: number;
  /** An expiry that the report names, epoch ms: it may shorten the life of the code, never lengthen it. */
  notAfterMs?: number | undefined;
  /** How many messages it is good for; absent: 1. */
  uses?: number | undefined;
  /** Of a payment at Baidu: 2 or 3. */
  scene?: number | undefined;
}

/**
 * What became of a reported code. `known`: the pool holds it, or it was taken in before; `used`: it was sent with; `over_cap`:
 * the pool holds as many newer ones as it may.
 */
export type CodeFate = "taken" | "known" | "used" | "expired" | "over_cap";

/** The pools of codes, as the collector fills them. */
export interface CodeBook {
  /**
   * Takes in what a user's client reports, at most 100 codes: one atomic step, safe to repeat. Expiry is Redis' time now, plus
   * the life of a code, minus the age. When more than the cap would be valid, the oldest plain codes go. Resolves after
   * Redis has acknowledged; rejects with a `redis` error when it could not, or when it is not known whether it has.
   */
  take(openId: string, codes: readonly CodeReport[]): Promise<CodeFate[]>;
}

/** Consents that a user has given at one prompt. */
export interface Grant {
  openId: string;
  /** Who tells of it: the platform's event, or the client's report. */
  source: "event" | "report";
  /** Of the event or the report: by it a redelivery is known. */
  key: string;
  /** The id to keep them under, where the platform knows the permission by one (Baidu's subscribe_id); absent: made of the key. */
  id?: string | undefined;
  /** When the user gave them: epoch ms by the platform's clock, or how long ago by the client's. */
  when: { atMs: number } | { ageMs: number };
  templateIds: readonly string[];
}

/** `known`: a redelivery; `paired`: the other source has told of the same prompt, and it counts once. */
export type GrantFate = "taken" | "known" | "paired" | "over_cap" | "expired";

/** The pools of consents, as the collector fills them. */
export interface ConsentBook {
  /** One fate a template, in their order. Atomic for each template, safe to repeat. Rejects as `CodeBook.take` does. */
  grant(grant: Grant): Promise<GrantFate[]>;
  /** The user takes back all consents of these templates. How many went, for each; `key` as with grants. */
  withdraw(withdrawal: { openId: string; key: string; templateIds: readonly string[] }): Promise<number[]>;
  /** Returns whether it was new. */
  receive(receipt: Receipt): Promise<boolean>;
}

/** Everything that the collector keeps in Redis. */
export interface CollectorBooks {
  codes: CodeBook;
  consents: ConsentBook;
  /** Rejects with a `redis` error when Redis does not answer at once. */
  ping(): Promise<void>;
}

/** A request at the callback URL as it came in. */
export interface CallbackRequest {
  /** Decoded. A value that is there several times is a list: which of them was signed can't be told. */
  query: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Names in lower case. */
  headers: Readonly<Record<string, string | undefined>>;
  body: Buffer;
}

/** What a genuine event tells. Ids of templates and openIds are such as can stand in a key. */
export type CallbackEvent =
  | { kind: "grants"; openId: string; key: string; atMs: number; templateIds: readonly string[] }
  | { kind: "withdrawals"; openId: string; key: string; templateIds: readonly string[] }
  | { kind: "receipts"; receipts: readonly Omit<Receipt, "atMs">[] }
  /** Somebody else's. `name` for the metrics: one of a fixed set of words. */
  | { kind: "other"; name: string };

/** Why a callback is not the platform's, or can't be read. `code` goes into the answer, the log and the metrics. */
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

/** Reads what a platform pushes. Both throw `CallbackRefused`. */
export interface CallbackReader {
  /** The platform's check of the URL: the text to answer with. */
  checkUrl(request: CallbackRequest): string;
  /** `answer`: what the platform is to be told, when nobody else answers it. */
  read(request: CallbackRequest): { events: readonly CallbackEvent[]; answer: string };
}

/** Secrets of the callback, as the platform's console shows them. */
export interface CallbackSecrets {
  token: string;
  aesKey?: string | undefined;
  /** Still used by the platform for a while after a change. */
  previousAesKey?: string | undefined;
}

/** Why the platform gives no openId for a login code. `refused`: the code is wrong, used or too old: get another one. */
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

/** The collector's side of a platform. */
export interface CollectorPlatform {
  /** The openId of the user whose client got this code. Throws `LoginFailed`. */
  login(code: string): Promise<string>;
  /** Absent where the platform pushes no events. */
  callback?(options: {
    secrets: CallbackSecrets;
    appid: string;
    /** Takes the pushes of WeChat's cloud hosting, which are not signed, by their own marks. */
    cloudHosting: boolean;
    nowMs(): number;
  }): CallbackReader;
  close(): Promise<void> | void;
}

/** Hands a callback on to the team's own backend, unchanged. Rejects when it can't be reached in time. */
export type Forward = (request: {
  method: "GET" | "POST";
  /** With the "?". */
  search: string;
  headers: Readonly<Record<string, string>>;
  body: Buffer;
}) => Promise<{ status: number; contentType: string | undefined; body: Buffer }>;
