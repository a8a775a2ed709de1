import type { Clock } from "../clock.ts";
import type { BroadcastStore, RunInfo } from "./record.ts";

const INTERVAL_MS = 5000;

export interface Heartbeat {
  end(): Promise<void>;
}

/** Enters the run into the record and renews its heartbeat until `end`. */
export async function keepHeartbeat(
  store: BroadcastStore,
  id: string,
  info: RunInfo,
  clock: Clock,
): Promise<Heartbeat> {
  const ended = new AbortController();
  await store.beginRun(id, info);
  const beating = (async () => {
    while (!ended.signal.aborted) {
      await clock.sleep(INTERVAL_MS, ended.signal);
      if (!ended.signal.aborted) await store.beat(id, info);
    }
  })();
  // A heartbeat that can't be written is found out by the engine's own calls; here it only ends.
  const settled = beating.catch(() => undefined);
  return {
    async end() {
      ended.abort();
      await settled;
      await store.endRun(id, info.runId).catch(() => undefined);
    },
  };
}
