import type { ChannelFacts, Message, Repeat } from "./channel.ts";
import type { Claimed } from "./ports.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** Beijing's UTC offset, which has not changed for decades. */
const BEIJING_MS = 8 * 60 * MINUTE_MS;
/**
 * Safety margin before the end of the period in which repeats are safe: for clock differences and the request's travel
 * time.
 */
const MARGIN_MS = MINUTE_MS;

/** Of a message: without pools it is not known whether the right to send it is a standing one. */
export function repeatOf(
  { repeat }: Pick<ChannelFacts, "repeat">,
  { withoutPool }: Pick<Message, "withoutPool">,
): Repeat {
  return withoutPool && repeat === "same_day" ? "never" : repeat;
}

/** Until when an attempt without an outcome may be repeated, epoch ms: `Infinity` for always, 0 for never. */
export function repeatUntilMs(
  repeat: Repeat,
  { multiUse, standing, firstAgoMs = 0 }: Pick<Claimed, "multiUse" | "standing" | "firstAgoMs">,
  nowMs: () => number,
): number {
  switch (repeat) {
    case "by_code":
      return multiUse ? 0 : Number.POSITIVE_INFINITY;
    case "always":
      return Number.POSITIVE_INFINITY;
    case "never":
      return 0;
    case "ten_minutes":
      return nowMs() - firstAgoMs + 10 * MINUTE_MS - MARGIN_MS;
    case "same_day": {
      if (!standing) return 0;
      const firstAtMs = nowMs() - firstAgoMs;
      const dayMs = Math.floor((firstAtMs + BEIJING_MS) / DAY_MS) * DAY_MS - BEIJING_MS;
      return dayMs + DAY_MS - MARGIN_MS;
    }
  }
}
