import type { Clock } from "../clock.ts";
import { PushCliError } from "../errors.ts";
import { nextCommand } from "./next-command.ts";
import type { BroadcastStore } from "./record.ts";
import { type Here, shownRuns } from "./status.ts";
import { viewBroadcast } from "./view.ts";

type Needs = Here & { store: BroadcastStore; clock: Clock };

/** Much longer than the time between record and first heartbeat. */
const STARTING_MS = 15_000;

/** Rejects with `locked`, and the state of the broadcast that has it, when an id is taken. */
export async function checkIdIsFree(needs: Needs, id: string): Promise<void> {
  if (await needs.store.load(id)) throw await idTaken(needs, id);
}

/** Describes the broadcast that has the id, for jobs that run daily with the date as id. */
export async function idTaken(needs: Needs, id: string): Promise<PushCliError> {
  // Runs are read before the record: one that ends in between must not make a finished broadcast look dead.
  const runs = await shownRuns(needs, id);
  const record = await needs.store.load(id);
  if (!record) return new PushCliError("locked", `the id '${id}' has just been taken`);
  const view = viewBroadcast(record, runs);
  // Between its record and its first heartbeat, a broadcast looks like a dead one.
  const isStarting =
    view.status !== "scheduled" &&
    view.runs.length === 0 &&
    needs.clock.now() - record.startedAtMs < STARTING_MS;
  if (isStarting) view.status = "running";
  const { atMs } = record.schedule ?? {};
  const started = new Date(record.startedAtMs).toISOString();
  const when =
    view.status === "scheduled" && atMs !== undefined ? ` for ${new Date(atMs).toISOString()}` : "";
  const sent = view.result.outcomes === null ? "" : `, ${view.result.outcomes.sent} sent`;
  const next = nextCommand(view)?.command ?? `push-cli broadcast show ${id}`;
  return new PushCliError(
    "locked",
    `broadcast '${id}' already exists: started ${started}, ${view.status}${when}${sent}`,
    { hint: `nothing was sent; run ${next}, or use another --id` },
  );
}
