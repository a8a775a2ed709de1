import { type Audience, countListed } from "../../broadcast/audience.ts";
import { type BroadcastSpec, createBroadcast } from "../../broadcast/broadcast.ts";
import type { ExitName } from "../../exit-codes.ts";
import type { Deps } from "../deps.ts";
import { awaitToken } from "./first-token.ts";
import { broadcastNeeds, loadView } from "./preflight.ts";
import { CRON_LINE } from "./schedule-flags.ts";
import { presentView } from "./show.ts";

/** How many users there are, where that is known without counting pools. */
export function listedUsers(audience: Audience): number | undefined {
  return audience.kind === "list" ? countListed(audience) : undefined;
}

/** Writes a broadcast down whose time some other process waits for. */
export async function scheduleOnly(deps: Deps, spec: BroadcastSpec): Promise<ExitName> {
  const tokens = await deps.tokens();
  const interrupted = await awaitToken(deps, tokens);
  if (interrupted) return interrupted;
  const { id } = await createBroadcast({ ...(await broadcastNeeds(deps)), tokens }, spec);
  deps.note({ broadcastId: id });
  await presentView(deps, await loadView(deps, id), false);
  deps.out.talk(`scheduled; nothing waits for its time: have this in a crontab\n  ${CRON_LINE}`);
  return "done";
}
