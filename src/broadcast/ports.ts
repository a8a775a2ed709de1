import type { Errcode, FinalOutcome } from "./outcome.ts";
import type { Exclusion } from "./policy.ts";

export type { Errcode };

/**
 * What the API's answer to one send means for the engine; each endpoint of a platform has a table that classifies
 * answers.
 */
export type AnswerClass =
  | "ok"
  /** The access token was refused; nothing was sent. */
  | "token"
  | Refusal
  /** Another message to this user is being delivered; nothing was sent. */
  | "later"
  /** A quota that renews itself is used up; nothing was sent. */
  | "quota"
  /** Busy, 5xx, timeout, reset, garbage: the message may or may not have been delivered. */
  | "ambiguous"
  /** The request never left this machine: nothing was sent. */
  | "unsent"
  /** Nothing more can be sent until the cause is fixed. */
  | "fatal";

/** An answer that concerns this recipient alone; nothing was sent with this request. */
export type Refusal =
  /** This code is not accepted; the user may have another. */
  | "permission_refused"
  /** The user has no such permission: what the pool holds for user and template is wrong. */
  | "permission_gone"
  /** The user doesn't want messages; what was taken counts as spent. */
  | "user_refuses"
  /** No user of this account; the permission goes back. */
  | "user_unknown"
  /** The user has received too many messages today; the permission goes back. */
  | "not_today"
  /** The platform does not take this recipient's values; the permission goes back. */
  | "message_refused"
  /** An errcode that the table does not know. */
  | "unlisted";

export interface SendAnswer {
  class: AnswerClass;
  /**
   * `sent`: after an attempt with unknown outcome, this refusal proves that the attempt arrived. Absent: the outcome
   * stays unknown.
   */
  afterUncertain?: "sent" | undefined;
  /** Absent when the API gave none (a reset, a timeout, a body that is not JSON). */
  errcode?: Errcode | undefined;
  /** The API's errmsg without its request id, or what happened on the wire. */
  errmsg: string;
  /** Text, because it exceeds 2^53. */
  msgid?: string | undefined;
  /** How long the platform asks all sends to wait. Absent, `quota` means the rest of the minute. */
  waitMs?: number | undefined;
  /** The meaning of the errcode in push-cli's table. */
  meaning?: string | undefined;
  /** What the operator can do. */
  hint?: string | undefined;
  /** Describes a page that did not come from the API, or the target of a redirect. */
  page?: string | undefined;
}

/** One recipient's texts; undefined where the broadcast's text applies. */
export interface OwnTexts {
  /** One per keyword, in order. */
  values: readonly (string | undefined)[];
  page?: string | undefined;
}

/** Who gets a message, and with which permission. */
export interface Addressee {
  openId: string;
  formId: string;
  /** The kind of event that yielded the code, where the platform requires it. */
  scene?: number | undefined;
  /** This recipient's texts, where they are not the same for all. */
  own?: OwnTexts | undefined;
}

/** Sends the broadcast's message; built once per broadcast so that its constant part is serialised once. */
export interface MessageSender {
  /**
   * Calls back exactly once: network failures are answers too. The callback must not throw. It is a callback so that
   * the caller can send the next message in the same turn: a promise per message would cost a tenth of the speed.
   */
  send(to: Addressee, accessToken: string, onAnswer: (answer: SendAnswer) => void): void;
  close(): Promise<void>;
}

/** A code taken from a user's pool and written into the ledger for one broadcast. */
export interface Claimed {
  openId: string;
  formId: string;
  expireMs: number;
  /** The code may be good for several messages, or there is none: the platform can't recognize a repeat by it. */
  multiUse: boolean;
  /** See `Addressee`. */
  scene?: number;
  /** Nothing is spent: a standing right, or a channel without pools. */
  standing?: boolean;
  /** 1, or more when an earlier run may have sent with this code. */
  attempt: number;
  /** How long ago it was first claimed, ms; absent: just now. */
  firstAgoMs?: number;
  /** The user was suppressed after the claim: nothing is sent, but an earlier attempt may have arrived. */
  suppressed?: true;
}

/** A final record. */
export interface Settled {
  openId: string;
  outcome: FinalOutcome;
  attempts: number;
  errcode?: Errcode;
  formId?: string;
  msgid?: string;
  /** Nothing was spent. */
  standing?: boolean;
  /** Epoch ms. */
  atMs: number;
}

export type ClaimReply =
  /**
   * `left`, in a dry run: how many other valid codes are left to the user, 3 for more than that, too. `retried`: the outcome of an earlier run that is
   * tried again; `spentBefore`: a failed one that has spent a code.
   */
  | ({ status: "claimed" } & Claimed & {
        expired: number;
        refused: number;
        left?: number;
        retried?: "unknown" | "failed" | "no_code";
        spentBefore?: true;
      })
  /** This run holds the claim already: a duplicate from the sweep, or the answer was lost. */
  | ({ status: "mine" } & Claimed)
  /** `unreadable`: entries in the pool that are not understood, when a claim met some. */
  | { status: "no_code"; openId: string; expired: number; refused: number; unreadable?: number }
  /**
   * Settled by an earlier run, or (`own`) earlier in this one. `expired`: codes dropped while looking for one to retry
   * with. `suppressed`: it is not tried again.
   */
  | ({ status: "settled"; own: boolean; expired?: number; suppressed?: true } & Settled)
  /** Claimed by another run that may be alive. `suppressed`: nothing will be sent when it is taken over. */
  | { status: "busy"; openId: string; run: string; suppressed?: true }
  /** The keys are not a pool and a ledger. */
  | { status: "wrong"; openId: string; why: string }
  /** The broadcast's policy leaves this user out; ledger and pool are as they were. */
  | { status: "excluded"; openId: string; by: Exclusion }
  /** Another broadcast is sending to this user: to be claimed again later. `expired`: as above. */
  | { status: "later"; openId: string; expired?: number }
  /** In a sweep over pools and ledgers: this user's turn is under the other key. */
  | { status: "elsewhere"; openId: string };

/** How the users of a claim were met: in a list, or under one of their two keys in a sweep over both. */
export type Sighting = "any" | "pool" | "ledger";

export interface Settlement {
  openId: string;
  outcome: FinalOutcome;
  attempts: number;
  errcode?: Errcode | undefined;
  msgid?: string | undefined;
  /** What the message was sent with. */
  permission?: Permission | undefined;
}

/** What a ledger notes of what a message was sent with. */
export interface Permission extends Pick<Claimed, "formId" | "expireMs" | "multiUse"> {
  scene?: number | undefined;
  standing: boolean;
}

/** The result of a settlement that clears the user's pool. */
export interface Cleared {
  /** False when the claim is not this run's. */
  settled: boolean;
  /** Permissions that were dropped. */
  dropped: number;
}

/** The ledgers of all users, seen by one run of one broadcast. All calls are safe to repeat. */
export interface Ledger {
  /**
   * How often a server was connected to. One that takes the place of another may lack the last writes that the other had
   * acknowledged.
   */
  readonly connections: number;
  /**
   * One reply per openId, in order. `page`: all users of whom these are a part and the rest is claimed soon; what a command can
   * find out about many users is asked for all of them at once.
   */
  claim(openIds: string[], sighting?: Sighting, page?: readonly string[]): Promise<ClaimReply[]>;
  /** Drops the refused code and claims the user's next; undefined when the claim is no longer this run's. */
  next(
    openId: string,
    refusedFormId: string,
    errcode: Errcode | undefined,
  ): Promise<Extract<ClaimReply, { status: "claimed" | "no_code" }> | undefined>;
  /**
   * For each, whether it is settled now; false when the claim is no longer this run's. With its `permission` it is settled, too,
   * when Redis has lost the claim.
   */
  settle(settlements: Settlement[]): Promise<boolean[]>;
  /** Puts codes back at the left of their pools and removes the claims. */
  release(openIds: string[]): Promise<boolean[]>;
  /** Settles, and puts the code back: the recipient was refused, not the code. */
  settleReturning(settlement: Settlement): Promise<boolean>;
  /** Settles, and drops whatever the pool holds: the user has given no such permission. */
  settleClearing(settlement: Settlement): Promise<Cleared>;
}
