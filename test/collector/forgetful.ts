import { systemClock } from "../../src/clock.ts";
import { type CollectorBooks, LoginFailed } from "../../src/collector/ports.ts";
import { startCollector } from "../../src/collector/server.ts";
import { SECRET, testReader } from "./test-reader.ts";

/**
 * A process with a collector alone, so that its memory can be told from that of its test; run with --expose-gc. Tells its
 * address, then its heap after a collection and what went wrong so far at each message.
 */

export interface Told {
  address?: string;
  heapBytes?: number;
  failures?: Record<string, unknown>[];
}

/** Books that keep nothing: what grows is the collector. */
const books: CollectorBooks = {
  codes: { take: async (_openId, codes) => codes.map(() => "taken") },
  consents: {
    grant: async ({ templateIds }) => templateIds.map(() => "taken"),
    withdraw: async ({ templateIds }) => templateIds.map(() => 0),
    receive: async () => true,
  },
  ping: async () => undefined,
};

async function login(code: string): Promise<string> {
  if (code.length > 5) throw new LoginFailed("refused", "invalid code");
  return "oUser1";
}

const failures: Record<string, unknown>[] = [];
const tell = (told: Told) => process.send?.(told);

const collector = await startCollector({
  listen: { host: "127.0.0.1", port: 0 },
  books,
  callback: testReader,
  platform: { login },
  session: { secret: SECRET, lifeMs: 3_600_000 },
  consents: "both",
  limits: { requestsPerMinute: 1e9 },
  clock: systemClock,
  log: (record) => record.level !== "info" && failures.push(record),
  shortIds: true,
});
process.on("message", async () => {
  // What ends its life in the next turn is gone too.
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setImmediate(resolve));
    globalThis.gc?.();
  }
  tell({ heapBytes: process.memoryUsage().heapUsed, failures });
});
process.on("disconnect", () => collector.stop());
tell({ address: collector.address });
