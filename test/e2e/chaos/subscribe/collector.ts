import { connectRedis } from "../../../../src/redis/connect.ts";
import { createReceipts } from "../../../../src/redis/receipts.ts";
import type { Api } from "../api.ts";

/** The mini program's callback: takes in the receipts that the platform has made. */
export interface Collector {
  /** Whether it works by itself. */
  isAwake: boolean;
  /** Resolves when all that there are by now are written. */
  collect(): Promise<void>;
  close(): void;
}

export async function openCollector(url: string, { platform }: Api, isAwake: boolean): Promise<Collector> {
  const link = await connectRedis({ url, shownUrl: url });
  const book = createReceipts(link, { keyPrefix: "mina:" });
  let work: Promise<unknown> = Promise.resolve();
  return {
    isAwake,
    collect: async () => {
      const receipts = platform.receipts.splice(0);
      // After those that another caller is still writing.
      work = work.then(() => Promise.all(receipts.map((receipt) => book.record(receipt))));
      await work;
    },
    close: () => link.close(),
  };
}
