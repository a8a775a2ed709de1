import { type CanaryMeans, openCanary, sendCanary } from "./canary-stage.ts";
import type { BroadcastDeps, RunPlan } from "./deps.ts";
import type { BroadcastRecord } from "./record.ts";
import { shareRate } from "./share-rate.ts";
import { laterSweep, type Sighted, type SweepNeeds, type Sweeps, sweepUntilDone } from "./sweep.ts";

type Needs = SweepNeeds & CanaryMeans & Pick<BroadcastDeps, "user" | "self" | "askCanary">;

/** The users of a run, those of a canary first, swept until nobody can have been missed. */
export async function* visitUsers(
  needs: Needs,
  record: BroadcastRecord,
  sweeps: Sweeps,
  { firstSweep }: RunPlan,
): AsyncGenerator<Sighted> {
  const later = () => laterSweep(record, sweeps);
  if (needs.run.options.rate !== undefined && !firstSweep) await shareRate(needs.run, needs);
  let first = firstSweep ? () => firstSweep(sweeps) : later;
  const canary = openCanary(record);
  if (canary) {
    if (!(yield* sendCanary({ ...needs, canary }, first, later))) return;
    first = later;
  }
  yield* sweepUntilDone(needs, first, later);
}
