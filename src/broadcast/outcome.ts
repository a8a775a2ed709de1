import type { Filter, Filtered } from "./policy.ts";

/** What a platform calls an answer: a number, or a word where it has names: `FORM_ID_OVER_TIME`. */
export type Errcode = number | string;

/**
 * What became of a recipient. `invalid`: no message could be made of their row, which is known before the first run;
 * `skipped`: settled by an earlier run of this broadcast.
 */
export const OUTCOMES = ["sent", "no_code", "rejected", "failed", "unknown", "invalid", "skipped"] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Outcomes that a ledger record can end in. */
export const FINAL_OUTCOMES = ["sent", "no_code", "rejected", "failed", "unknown"] as const;
export type FinalOutcome = (typeof FINAL_OUTCOMES)[number];

/**
 * What the record says: `running` until its last run ends; `stopped` by a fatal answer or a threshold, `interrupted` by a
 * signal, `paused` by an operator: all resumable; `cancelled` is not.
 */
export type BroadcastStatus = "running" | "finished" | "stopped" | "interrupted" | "paused" | "cancelled";

/** As it is shown: `dead` should be running, and no run is alive. */
export type ShownStatus = BroadcastStatus | "dead";

export interface CodeCounts {
  spent: number;
  expired: number;
  refused: number;
  released: number;
}

/** What is said of a recipient without a code whose pool holds something all the same. */
export const UNREADABLE = "no code, but entries that are not understood";

export interface ErrorGroup {
  /** Null when the API gave none: a reset, a timeout, a body that is not JSON. */
  errcode: Errcode | null;
  errmsg: string;
  count: number;
}

export function noOutcomes(): Record<Outcome, number> {
  return { sent: 0, no_code: 0, rejected: 0, failed: 0, unknown: 0, invalid: 0, skipped: 0 };
}

export function noCodes(): CodeCounts {
  return { spent: 0, expired: 0, refused: 0, released: 0 };
}

/** How many have an outcome; those that earlier runs settled are left out. */
export function sumOutcomes({
  sent,
  no_code,
  rejected,
  failed,
  unknown,
  invalid,
}: Record<Outcome, number>): number {
  return sent + no_code + rejected + failed + unknown + invalid;
}

/** The counts of a run; only what is really done is in here. */
export class Tally {
  readonly outcomes = noOutcomes();
  readonly codes = noCodes();
  /** Users of the audience whom the broadcast's policy leaves out: they are no recipients. */
  filtered: Filtered = {};
  /** Recipients whose outcome of an earlier run this one has taken back, to try again. */
  readonly retried = { unknown: 0, failed: 0, spent: 0, standing: 0 };
  /** Recipients of earlier runs whose unknown outcome became this by a receipt. */
  readonly receipts = { sent: 0, rejected: 0 };
  /** Answers other than ok, the retried ones included. */
  private readonly groups = new Map<string, ErrorGroup>();

  countFiltered(by: Filter): void {
    this.filtered[by] = (this.filtered[by] ?? 0) + 1;
  }

  countError(errcode: Errcode | undefined, errmsg: string): void {
    const key = errcode === undefined ? errmsg : String(errcode);
    const group = this.groups.get(key);
    if (group) group.count++;
    else this.groups.set(key, { errcode: errcode ?? null, errmsg, count: 1 });
  }

  /** Recipients with an outcome, those of earlier runs left out. */
  get recipients(): number {
    return sumOutcomes(this.outcomes);
  }

  get errors(): ErrorGroup[] {
    return [...this.groups.values()].sort((a, b) => b.count - a.count);
  }
}
