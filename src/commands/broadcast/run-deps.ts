import type { Message, SenderOptions } from "../../broadcast/channel.ts";
import type { BroadcastDeps } from "../../broadcast/deps.ts";
import type { AccessTokens } from "../../token/ports.ts";
import type { Deps } from "../deps.ts";

/** What a run works with: stores, sender and this process; who watches it and reports of it is the caller's. */
export async function collectRunDeps(
  deps: Deps,
  message: Message,
  { concurrency, timeoutMs, broadcastId }: SenderOptions,
  tokens: AccessTokens,
): Promise<BroadcastDeps> {
  const stores = await deps.stores(message);
  const { self, user, fateOf } = deps.io;
  return {
    store: stores.broadcasts,
    sweepPools: () => stores.pools.sweep(),
    sweepLedgers: stores.sweepLedgers,
    openLedger: stores.ledger,
    lookAtMemory: stores.lookAtMemory,
    receipts: stores.receipts,
    sender: await deps.sender(message, {
      concurrency: connectionsFor(deps, concurrency),
      timeoutMs,
      broadcastId,
    }),
    tokens,
    clock: deps.clock,
    log: deps.log,
    version: deps.version,
    ...{ self, user, fateOf },
  };
}

/** For Redis that comes back, the report, the resolver. */
const SPARE_FILES = 16;

/** As many connections as this process may open; the requests that have none of their own take turns. */
function connectionsFor({ io, out }: Deps, wanted: number): number {
  const free = io.freeFiles();
  if (free === undefined || free - SPARE_FILES >= wanted) return wanted;
  const fit = Math.max(1, free - SPARE_FILES);
  out.warn(
    `warning: using ${fit} connections instead of ${wanted} because of the open-files limit (ulimit -n)`,
  );
  return fit;
}
