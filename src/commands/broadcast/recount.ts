import { loadChoice } from "../../broadcast/keep-audience.ts";
import type { BroadcastRecord } from "../../broadcast/record.ts";
import { type Recount, recountBroadcast } from "../../broadcast/recount.ts";
import { formatCount } from "../../output/format.ts";
import type { Deps } from "../deps.ts";
import { sendOf } from "./preflight.ts";

/** Counts a broadcast from its ledgers and pools, whatever its record says, and shows how far it is. */
export async function recountWithProgress(deps: Deps, record: BroadcastRecord): Promise<Recount> {
  const stores = await deps.stores(sendOf(record));
  const choice = await loadChoice(stores.broadcasts, record);
  const ledger = stores.ledger({ broadcastId: record.id, runId: "recount", dryRun: true, choice });
  const sweeps = {
    pools: () => stores.pools.sweep(),
    ledgers: stores.sweepLedgers,
    listed: () => stores.broadcasts.audience(record),
  };
  const progress = deps.out.progress();
  const onStep = ({ settled, left }: Recount) =>
    progress.update(() => `counting: ${formatCount(settled.recipients + left)} users`);
  const recount = await recountBroadcast(ledger, record, sweeps, { onStep });
  progress.done();
  return recount;
}
