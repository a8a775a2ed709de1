/** What became of a recipient. `skipped`: settled by an earlier run of this broadcast. */
export const OUTCOMES = ["sent", "no_code", "rejected", "failed", "unknown", "skipped"] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Outcomes that a ledger record can end in. */
export type FinalOutcome = Exclude<Outcome, "skipped">;

/** `running` until its run ends; `stopped` by a fatal answer or a threshold, `interrupted` by a signal: both resumable. */
export type BroadcastStatus = "running" | "finished" | "stopped" | "interrupted";

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
  errcode: number | null;
  errmsg: string;
  count: number;
}

/** The counts of a run; only what is really done is in here. */
export class Tally {
  readonly outcomes: Record<Outcome, number> = {
    sent: 0,
    no_code: 0,
    rejected: 0,
    failed: 0,
    unknown: 0,
    skipped: 0,
  };
  readonly codes: CodeCounts = { spent: 0, expired: 0, refused: 0, released: 0 };
  /** Answers other than ok, the retried ones included. */
  private readonly groups = new Map<string, ErrorGroup>();

  countError(errcode: number | undefined, errmsg: string): void {
    const key = errcode === undefined ? errmsg : String(errcode);
    const group = this.groups.get(key);
    if (group) group.count++;
    else this.groups.set(key, { errcode: errcode ?? null, errmsg, count: 1 });
  }

  /** Recipients with an outcome, those of earlier runs left out. */
  get recipients(): number {
    const { sent, no_code, rejected, failed, unknown } = this.outcomes;
    return sent + no_code + rejected + failed + unknown;
  }

  get errors(): ErrorGroup[] {
    return [...this.groups.values()].sort((a, b) => b.count - a.count);
  }
}
