import type { CollectorOptions } from "./options.ts";

type Level = "info" | "warn" | "error";

/** The collector's log: one record for each event. */
export interface Journal {
  write(level: Level, event: string, fields: Record<string, unknown>): void;
  /** An openId as it is logged. */
  user(openId: string): string;
}

export function openJournal({ log, clock, shortIds }: CollectorOptions): Journal {
  let last = { ms: Number.NaN, text: "" };
  // Formatted once per millisecond, of which many records share one under load.
  const now = () => {
    const ms = clock.now();
    if (ms !== last.ms) last = { ms, text: new Date(ms).toISOString() };
    return last.text;
  };
  return {
    write: (level, event, fields) => log({ at: now(), level, event, ...fields }),
    user: (openId) => (shortIds ? shorten(openId) : openId),
  };
}

/** Shows both ends: openIds of one mini program have a common beginning. */
function shorten(openId: string): string {
  return openId.length < 16 ? `${openId.slice(0, 2)}...` : `${openId.slice(0, 4)}...${openId.slice(-4)}`;
}
