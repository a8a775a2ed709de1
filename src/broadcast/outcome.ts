import { type Exclusion, type Filtered, isWithheld, WITHHELD, type Withheld } from "./policy.ts";
import { SeriesMeter } from "./series.ts";

/** A platform's error code: a number, or a name where it has names: `FORM_ID_OVER_TIME`. */
export type Errcode = number | string;

/**
 * The outcome of a recipient. `invalid`: no message could be made from their row, known before the first run;
 * `skipped`: settled by an earlier run of this broadcast; for `suppressed`, `held_out` and `capped` see `WITHHELD`.
 */
export const OUTCOMES = [
  "sent",
  "no_code",
  "rejected",
  "failed",
  "unknown",
  "invalid",
  ...WITHHELD,
  "skipped",
] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Outcomes that a ledger record can end in. */
export const FINAL_OUTCOMES = ["sent", "no_code", "rejected", "failed", "unknown"] as const;
export type FinalOutcome = (typeof FINAL_OUTCOMES)[number];

/**
 * The status in the record: `scheduled` until the time to begin; `running` until its last run ends; `stopped` by a fatal answer or a threshold,
 * `interrupted` by a signal, `paused` by an operator: all resumable; `cancelled` is not.
 */
export type BroadcastStatus =
  | "scheduled"
  | "running"
  | "finished"
  | "stopped"
  | "interrupted"
  | "paused"
  | "cancelled";

/** As shown: `dead` is `running` in the record, but no run is alive. */
export type ShownStatus = BroadcastStatus | "dead";

export interface CodeCounts {
  spent: number;
  expired: number;
  refused: number;
  released: number;
}

/** The reason for a recipient without a code whose pool is not empty. */
export const UNREADABLE = "no code, but entries that are not understood";

export interface ErrorGroup {
  /** Null when the API gave none: a reset, a timeout, a body that is not JSON. */
  errcode: Errcode | null;
  errmsg: string;
  count: number;
}

export function noOutcomes(): Record<Outcome, number> {
  const nobody = { sent: 0, no_code: 0, rejected: 0, failed: 0, unknown: 0, invalid: 0 };
  return { ...nobody, ...noWithheld(), skipped: 0 };
}

export function noWithheld(): Record<Withheld, number> {
  return { suppressed: 0, held_out: 0, capped: 0 };
}

/** Users from whom the message is withheld; 0 for a kind that results of older versions do not have. */
export function sumWithheld(outcomes: Partial<Record<Withheld, number>>): number {
  return WITHHELD.reduce((sum, name) => sum + (outcomes[name] ?? 0), 0);
}

export function noCodes(): CodeCounts {
  return { spent: 0, expired: 0, refused: 0, released: 0 };
}

/** How many have an outcome, not counting those that earlier runs settled. */
export function sumOutcomes(outcomes: Record<Outcome, number>): number {
  const { sent, no_code, rejected, failed, unknown, invalid } = outcomes;
  return sent + no_code + rejected + failed + unknown + invalid + sumWithheld(outcomes);
}

/** Outcomes of one variant; what is missing is 0. */
export type VariantCounts = Partial<Record<FinalOutcome, number>>;

/** The recipients of one variant; a contract. Users from whom the message is withheld, and invalid rows, are in none. */
export interface VariantResult {
  name: string;
  /** From 0 to 1. */
  share: number;
  recipients: number;
  outcomes: Record<FinalOutcome, number>;
}

/** Outcomes of recipients by the place of the variant that each gets. */
export class VariantTally {
  readonly outcomes: Record<FinalOutcome, number>[];
  private readonly placeOf: (openId: string) => number;

  constructor({ count, placeOf }: { count: number; placeOf(openId: string): number }) {
    this.outcomes = Array.from({ length: count }, noFinalOutcomes);
    this.placeOf = placeOf;
  }

  add(openId: string, outcome: FinalOutcome, by = 1): void {
    this.outcomes[this.placeOf(openId)]![outcome] += by;
  }
}

export function noFinalOutcomes(): Record<FinalOutcome, number> {
  return { sent: 0, no_code: 0, rejected: 0, failed: 0, unknown: 0 };
}

/** The counts of a run, of completed work only. */
export class Tally {
  readonly outcomes = noOutcomes();
  /** The same by variant; undefined without variants, like `corrected`. */
  readonly byVariant: VariantTally | undefined;
  /** What `retried` and `receipts` add to the outcomes of other runs. */
  readonly corrected: VariantTally | undefined;
  readonly codes = noCodes();
  /** Users of the audience whom the broadcast's filters leave out: they are no recipients. */
  filtered: Filtered = {};
  /** Recipients whose outcome from an earlier run was reset to try again. */
  readonly retried = { unknown: 0, failed: 0, spent: 0, standing: 0 };
  /** When what was settled. */
  readonly series = new SeriesMeter();
  /** Recipients of earlier runs whose unknown outcome a receipt resolved. */
  readonly receipts = { sent: 0, rejected: 0 };
  /** Answers other than ok, the retried ones included. */
  private readonly groups = new Map<string, ErrorGroup>();

  constructor(assignment?: ConstructorParameters<typeof VariantTally>[0]) {
    this.byVariant = assignment && new VariantTally(assignment);
    this.corrected = assignment && new VariantTally(assignment);
  }

  /** `by`: -1 takes back what was counted. */
  count(openId: string, outcome: FinalOutcome, by = 1): void {
    this.outcomes[outcome] += by;
    this.byVariant?.add(openId, outcome, by);
  }

  /** To be called before another sweep: users without a code, and those left out, are met again. */
  startOver(): void {
    this.outcomes.no_code = 0;
    for (const counts of this.byVariant?.outcomes ?? []) counts.no_code = 0;
    Object.assign(this.outcomes, noWithheld());
    this.filtered = {};
  }

  countExcluded(by: Exclusion): void {
    if (isWithheld(by)) this.outcomes[by]++;
    else this.filtered[by] = (this.filtered[by] ?? 0) + 1;
  }

  countError(errcode: Errcode | undefined, errmsg: string): void {
    const key = errcode === undefined ? errmsg : String(errcode);
    const group = this.groups.get(key);
    if (group) group.count++;
    else this.groups.set(key, { errcode: errcode ?? null, errmsg, count: 1 });
  }

  /** Recipients with an outcome, not counting those of earlier runs. */
  get recipients(): number {
    return sumOutcomes(this.outcomes);
  }

  get errors(): ErrorGroup[] {
    return [...this.groups.values()].sort((a, b) => b.count - a.count);
  }
}
