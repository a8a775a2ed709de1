import type { Variants } from "./channel.ts";
import {
  FINAL_OUTCOMES,
  type FinalOutcome,
  noFinalOutcomes,
  type VariantCounts,
  type VariantResult,
  type VariantTally,
} from "./outcome.ts";
import type { BroadcastRecord, RunState } from "./record.ts";
import type { Recount } from "./recount.ts";
import type { Run } from "./run.ts";
import { sumVariantsOfRuns } from "./totals.ts";

/** Outcomes by variant with the variants' names. */
export function toVariantResults({ list }: Variants, counts: readonly VariantCounts[]): VariantResult[] {
  return list.map(({ name, share }, place) => {
    const outcomes = { ...noFinalOutcomes(), ...counts[place] };
    return { name, share, recipients: sumOf(outcomes), outcomes };
  });
}

/** What a run notes of itself: its part of the totals by variant; of users without a code, all that it has met. */
export function noteVariants({
  tally,
  earlier,
}: Pick<Run, "tally" | "earlier">): VariantCounts[] | undefined {
  return tally.byVariant?.outcomes.map((own, place) => {
    const sums = addUp(own, tally.corrected?.outcomes[place]);
    return { ...sums, no_code: own.no_code + (earlier.byVariant?.outcomes[place]?.no_code ?? 0) };
  });
}

/** Outcomes by variant of the whole broadcast, as `summarize` counts those of all users. */
export function totalVariants(
  run: Pick<Run, "tally" | "earlier" | "stopReason">,
  { record, otherRuns, recount }: TotalNeeds,
): VariantCounts[] | undefined {
  const { tally, earlier, stopReason } = run;
  if (!tally.byVariant) return undefined;
  if (recount) return recountedVariants(recount, record);
  const met = tally.byVariant.outcomes.map((own, place) => addUp(own, earlier.byVariant?.outcomes[place]));
  if (!stopReason) return withoutCodeByRest(met, record);
  const noted = sumVariantsOfRuns([...otherRuns, { variants: noteVariants(run) }]) ?? [];
  return met.map((counts, place) => mostOf(counts, noted[place]));
}

interface TotalNeeds {
  record: Pick<BroadcastRecord, "variantRecipients">;
  otherRuns: readonly Pick<RunState, "variants">[];
  recount?: Recount | undefined;
}

function recountedVariants(
  { settled, againByVariant }: Recount,
  record: TotalNeeds["record"],
): VariantCounts[] | undefined {
  const counts = settled.byVariant?.outcomes.map((found, place) => {
    return addUp(found, againByVariant?.outcomes[place]);
  });
  return counts && withoutCodeByRest(counts, record);
}

/** Once the audience was swept, users without a code are not visited again: they are the rest. */
function withoutCodeByRest(
  counts: Record<FinalOutcome, number>[],
  { variantRecipients }: TotalNeeds["record"],
): VariantCounts[] {
  if (!variantRecipients) return counts;
  return counts.map((one, place) => {
    const others = sumOf({ ...one, no_code: 0 });
    return { ...one, no_code: Math.max(0, (variantRecipients[place] ?? 0) - others) };
  });
}

/** Outcomes of all users, of which none is less than by variant. */
export function sumVariants(counts: readonly VariantCounts[]): Record<FinalOutcome, number> {
  return counts.reduce<Record<FinalOutcome, number>>(addUp, noFinalOutcomes());
}

function addUp(
  one: VariantCounts,
  other: VariantTally["outcomes"][number] | VariantCounts = {},
): Record<FinalOutcome, number> {
  const sums = noFinalOutcomes();
  for (const name of FINAL_OUTCOMES) sums[name] = (one[name] ?? 0) + (other[name] ?? 0);
  return sums;
}

function mostOf(one: VariantCounts, other: VariantCounts = {}): VariantCounts {
  const most = noFinalOutcomes();
  for (const name of FINAL_OUTCOMES) most[name] = Math.max(one[name] ?? 0, other[name] ?? 0);
  return most;
}

function sumOf(outcomes: Record<FinalOutcome, number>): number {
  return FINAL_OUTCOMES.reduce((sum, name) => sum + outcomes[name], 0);
}
