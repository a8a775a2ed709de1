import type { CollectorOptions } from "./options.ts";

type Level = "info" | "warn" | "error";

/** The collector's log: one record for each thing that happened. */
export interface Journal {
  write(level: Level, event: string, fields: Record<string, unknown>): void;
  /** An openId as the log has it. */
  user(openId: string): string;
}

export function openJournal({ log, clock, shortIds }: CollectorOptions): Journal {
  let last = { ms: Number.NaN, text: "" };
  // Of one millisecond, which has many under load, once.
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

/** Both ends: openIds of one mini program begin alike. */
function shorten(openId: string): string {
  return openId.length < 16 ? `${openId.slice(0, 2)}...` : `${openId.slice(0, 4)}...${openId.slice(-4)}`;
}
