import { callApi, type MiniProgramApi } from "./api.ts";
import type { Item } from "./items.ts";
import type { Tell } from "./problem.ts";

/** A session token; valid for `forMs` after `at`, by the device's clock. */
export interface Session {
  token: string;
  at: number;
  forMs: number;
}

/** What the client keeps, in memory and in the platform's storage: one value under one key, so never partly written. */
export interface Store {
  items: Item[];
  session?: Session | undefined;
  /**
   * Writes the current state; at once, or after the write that is under way. Never two writes at a time: the platform
   * guarantees no order. A failed write is made up for by the next one.
   */
  save(): void;
  /** Removes items, and saves. Reports the reason, if there is one. */
  drop(items: readonly Item[], why?: "dropped" | "refused", detail?: unknown): void;
}

/** Never throws: without storage, items are kept in memory. */
export function openStore(api: Partial<MiniProgramApi>, key: string, tell: Tell): Store {
  let isRead = false;
  let isWriting = false;
  let isStale = false;

  /** Until the stored value could be read, nothing is written: it would be lost. */
  function read(): void {
    let text: unknown;
    try {
      text = api.getStorageSync!(key);
      isRead = true;
      if (!text) return;
      const { items, session } = JSON.parse(text as string);
      const old = items.filter((item: Item | null) => item && item.at > 0);
      for (const item of old) item.old = 1;
      store.items = old.concat(store.items);
      store.session = store.session || session;
    } catch (error) {
      tell("storage", error);
    }
  }

  async function write(): Promise<void> {
    isWriting = true;
    while (isStale) {
      isStale = false;
      const data = JSON.stringify(store);
      await callApi(api, "setStorage", { key, data }).catch((error) => tell("storage", error));
    }
    isWriting = false;
  }

  const store: Store = {
    items: [],
    save() {
      if (!isRead) read();
      isStale = isRead;
      if (!isWriting) void write();
    },
    drop(items, why, detail = items) {
      if (!items[0]) return;
      store.items = store.items.filter((item) => !items.includes(item));
      store.save();
      if (why) tell(why, detail);
    },
  };
  read();
  return store;
}
