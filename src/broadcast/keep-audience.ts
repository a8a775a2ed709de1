import type { ListedAudience } from "./audience.ts";
import type { AudienceOwner, BroadcastStore } from "./record.ts";

/** Keeps a list, and the rows left out, in Redis, so that a resume needs no file. What was kept of it goes when that fails. */
export async function keepAudience(
  store: BroadcastStore,
  of: AudienceOwner,
  { pages, invalid }: ListedAudience,
): Promise<void> {
  try {
    let at = 0;
    for await (const page of pages()) {
      await store.addAudience(of, page, at);
      at += page.openIds.length;
    }
    if (!invalid) return;
    at = 0;
    for await (const rows of invalid.pages()) {
      await store.addInvalid(of, rows, at);
      at += rows.length;
    }
  } catch (error) {
    // It lapses by itself where it can't be dropped.
    await dropKept(store, of).catch(() => undefined);
    throw error;
  }
}

/** Forgets what was kept for a record that did not come to be. */
export async function dropKept(store: BroadcastStore, of: AudienceOwner): Promise<void> {
  await store.dropAudience(of);
  await store.dropInvalid(of);
}
