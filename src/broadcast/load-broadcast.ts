import { PushCliError } from "../errors.ts";
import type { BroadcastDeps } from "./deps.ts";
import { doubtDropped } from "./eviction.ts";
import type { BroadcastRecord } from "./record.ts";

/** The record of a broadcast. Rejects with `nothing` when there is none of that id. */
export async function loadBroadcast(
  { store, lookAtMemory }: Pick<BroadcastDeps, "store" | "lookAtMemory">,
  id: string,
): Promise<BroadcastRecord> {
  const record = await store.load(id);
  if (record) return record;
  const near = idsLike(id, await store.list(MAX_SUGGESTED_FROM));
  const list = "to list all broadcasts: push-cli broadcast list";
  const hint = near.length === 0 ? list : `did you mean ${near.join(" or ")}? ${list}`;
  const dropped = await doubtDropped(lookAtMemory, id);
  throw new PushCliError("nothing", `there is no broadcast '${id}'`, {
    hint: dropped === undefined ? hint : `${hint}; ${dropped}`,
  });
}

/** The newest ones, among which an id that is not whole is looked for. */
const MAX_SUGGESTED_FROM = 100;

/** Ids of which `id` is the beginning or the end: not copied as a whole. At most three, the newest first. */
function idsLike(id: string, records: readonly BroadcastRecord[]): string[] {
  if (id.length < 3) return [];
  return records
    .map((record) => record.id)
    .filter((other) => other.startsWith(id) || other.endsWith(id))
    .slice(0, 3);
}
