import type { Clock } from "../clock.ts";
import { PushCliError } from "../errors.ts";
import { willConclude } from "./conclude.ts";
import type { Ended } from "./deps.ts";
import type { BroadcastStore } from "./record.ts";
import { type Here, shownRuns } from "./status.ts";

interface Needs extends Here {
  store: Pick<BroadcastStore, "load" | "runs">;
  clock: Pick<Clock, "now">;
}

/**
 * Whether what this run knows is how the broadcast ended: of runs side by side, one writes the end into the record, and it is
 * not this one where others still work or have taken over. When Redis can't say, its own account is all that there is.
 */
export async function hasLastWord(needs: Needs, { run, result }: Pick<Ended, "run" | "result">) {
  if (run.stopReason?.exit === "locked") return false;
  if (!willConclude(run)) return true;
  try {
    const record = await needs.store.load(result.broadcastId);
    if (record === undefined) return true;
    if (record.status !== "running") return record.result?.run?.runId === result.run?.runId;
    return !(await shownRuns(needs, record.id)).some(({ alive }) => alive);
  } catch (error) {
    if (error instanceof PushCliError) return true;
    throw error;
  }
}
