import type { Outages } from "./breaker.ts";
import {
  type CodeCounts,
  type ErrorGroup,
  FINAL_OUTCOMES,
  type FinalOutcome,
  noOutcomes,
  type Outcome,
  type VariantCounts,
  VariantTally,
} from "./outcome.ts";
import { WITHHELD } from "./policy.ts";
import type { Settled } from "./ports.ts";
import type { Retried, RunState } from "./record.ts";

/** What the ledgers say about recipients that earlier runs settled. */
export class Earlier {
  readonly outcomes: Record<FinalOutcome, number> = {
    sent: 0,
    no_code: 0,
    rejected: 0,
    failed: 0,
    unknown: 0,
  };
  /** The same by variant; undefined without variants. */
  readonly byVariant: VariantTally | undefined;
  /** Codes that earlier runs spent. */
  spent = 0;

  constructor(assignment?: ConstructorParameters<typeof VariantTally>[0]) {
    this.byVariant = assignment && new VariantTally(assignment);
  }

  count({ openId, outcome, formId, standing }: Pick<Settled, "openId" | "outcome"> & Partial<Settled>): void {
    this.add(openId, outcome);
    // A record without a formId returned its code, or never had one.
    if (formId !== undefined && !standing) this.spent++;
  }

  /** `by`: -1 takes back what was counted. */
  add(openId: string, outcome: FinalOutcome, by = 1): void {
    this.outcomes[outcome] += by;
    this.byVariant?.add(openId, outcome, by);
  }

  get recipients(): number {
    return Object.values(this.outcomes).reduce((sum, count) => sum + count, 0);
  }
}

/** Adds what earlier runs settled to a run's own outcomes; `skipped` is the number of those. */
export function addOutcomes(own: Record<Outcome, number>, earlier: Earlier): Record<Outcome, number> {
  const sums = { ...own, skipped: earlier.recipients };
  for (const outcome of FINAL_OUTCOMES) sums[outcome] += earlier.outcomes[outcome];
  return sums;
}

/**
 * The sum of what runs recorded about themselves; for a killed run, as of its last beat. Null when a run of an older
 * version recorded nothing.
 */
export function sumOutcomesOfRuns(
  runs: readonly Pick<RunState, "outcomes" | "retried" | "receipts" | "noCodeMet" | "variants">[],
): Record<Outcome, number> | null {
  const sums = noOutcomes();
  for (const { outcomes, retried, receipts, noCodeMet = 0 } of runs) {
    if (!outcomes) return null;
    for (const name of ["sent", "rejected", "failed", "unknown"] as const) sums[name] += outcomes[name];
    sums.failed -= retried?.failed ?? 0;
    sums.unknown -= retried?.unknown ?? 0;
    for (const name of ["sent", "rejected"] as const) {
      sums[name] += receipts?.[name] ?? 0;
      sums.unknown -= receipts?.[name] ?? 0;
    }
    // Each run meets all users without a code again, and all from whom the message is withheld, so their numbers must
    // not be added up.
    sums.no_code = Math.max(sums.no_code, noCodeMet);
    for (const name of WITHHELD) sums[name] = Math.max(sums[name], outcomes[name] ?? 0);
  }
  // Runs may have met different users without a code: by variant, that shows more of them.
  const byVariant = sumVariantsOfRuns(runs)?.reduce((sum, { no_code = 0 }) => sum + no_code, 0) ?? 0;
  sums.no_code = Math.max(sums.no_code, byVariant);
  return sums;
}

/** The same by variant, of runs' notes. Undefined when no run noted any. */
export function sumVariantsOfRuns(runs: readonly Pick<RunState, "variants">[]): VariantCounts[] | undefined {
  const noted = runs.flatMap(({ variants }) => (variants ? [variants] : []));
  return noted[0]?.map((_, place) => {
    const sums: VariantCounts = {};
    for (const variants of noted) {
      const counts = variants[place] ?? {};
      for (const name of ["sent", "rejected", "failed", "unknown"] as const)
        sums[name] = (sums[name] ?? 0) + (counts[name] ?? 0);
      // See above.
      sums.no_code = Math.max(sums.no_code ?? 0, counts.no_code ?? 0);
    }
    return sums;
  });
}

/** Codes that runs recorded as spent. An unknown recipient is retried with the same code. */
export function sumSpentOfRuns(runs: readonly Pick<RunState, "codes" | "retried">[]): number {
  const twice = ({ unknown = 0, standing = 0 }: Partial<Retried> = {}) => unknown - standing;
  return runs.reduce((sum, { codes, retried }) => sum + codes.spent - twice(retried), 0);
}

/** Codes of failed recipients that were retried: their new record does not have the old code, so runs record it. */
export function sumOverwritten(runs: readonly Pick<RunState, "retried">[]): number {
  return runs.reduce((sum, { retried }) => sum + (retried?.spent ?? 0), 0);
}

/** Codes over all runs: spent ones are in the ledgers, the rest in what each run recorded. */
export function addCodes(
  own: CodeCounts,
  earlier: Pick<Earlier, "spent">,
  runs: readonly RunState[],
): CodeCounts {
  const sums = { ...own, spent: own.spent + earlier.spent };
  for (const { codes } of runs) {
    sums.expired += codes.expired;
    sums.refused += codes.refused;
    sums.released += codes.released;
  }
  return sums;
}

/** The sum over all runs: concurrent runs both count the same outage. */
export function addOutages(runs: readonly Pick<RunState, "outages">[]): Outages {
  const sums: Outages = { count: 0, ms: 0 };
  for (const { outages } of runs) {
    sums.count += outages?.count ?? 0;
    sums.ms += outages?.ms ?? 0;
  }
  return sums;
}

export function addErrors(own: ErrorGroup[], runs: readonly RunState[]): ErrorGroup[] {
  const groups = new Map<string, ErrorGroup>();
  for (const group of [...runs.flatMap(({ errors }) => errors), ...own]) {
    const key = group.errcode === null ? group.errmsg : String(group.errcode);
    const known = groups.get(key);
    groups.set(key, { ...group, count: group.count + (known?.count ?? 0) });
  }
  return [...groups.values()].sort((a, b) => b.count - a.count);
}
