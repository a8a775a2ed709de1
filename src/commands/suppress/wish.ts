import type { Wish } from "../../broadcast/suppression.ts";
import { parseDuration } from "../../config/durations.ts";
import { usageError } from "../../errors.ts";
import { parseTime } from "../../pool/import-row.ts";
import { quoteValue } from "../../pool/quote-value.ts";
import type { Deps } from "../deps.ts";

/** Longer ones would make Redis' answers long. */
const MAX_CHARS = 200;

export interface WishFlags {
  reason?: string;
  for?: string;
  until?: string;
  dryRun?: boolean;
}

/** Reason and end that the options give. Throws a usage error for what can't be used; `nowMs`: Redis' clock. */
export function parseWish(flags: WishFlags, nowMs: number): Omit<Wish, "openId"> {
  const { reason, until } = flags;
  if (flags.for !== undefined && until !== undefined)
    throw usageError("--for and --until can't be used together", "use only one of them");
  return { ...parseReasonFlag(reason), ...parseEnd(flags, nowMs) };
}

/** The same for options without an end. */
export function parseReasonFlag(text: string | undefined): Pick<Wish, "reason"> {
  if (text === undefined) return {};
  const reason = toReason(text);
  if (reason !== undefined && "fault" in reason) throw usageError(`--reason: ${reason.fault}`, "shorten it");
  if (reason === undefined) throw usageError("--reason is empty", "omit it, or say why");
  return reason;
}

/** Why somebody is suppressed, on one line; undefined where nothing is said, `fault` where it can't be kept. */
export function toReason(value: unknown): { reason: string } | { fault: string } | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string" && typeof value !== "number")
    return { fault: `${quoteValue(value)} is not a text` };
  const reason = String(value).trim().replace(/\s+/g, " ");
  if (reason === "") return undefined;
  if (reason.includes("\ufffd"))
    return { fault: `a reason in another encoding: set the encoding with --encoding` };
  return reason.length > MAX_CHARS
    ? { fault: `a reason of ${reason.length} characters; at most ${MAX_CHARS} are kept` }
    : { reason };
}

/**
 * A point in time as options and files have it, epoch ms: ISO 8601, without an offset in local time, a day alone for its
 * beginning; or the number of seconds or milliseconds since 1970. Undefined for anything else.
 */
export function toMoment(value: unknown): number | undefined {
  const isDay = typeof value === "string" && /^\d{4}-\d\d-\d\d$/.test(value);
  return parseTime(isDay ? `${value}T00:00` : value);
}

function parseEnd(flags: WishFlags, nowMs: number): Pick<Wish, "untilMs"> {
  if (flags.for !== undefined) {
    const ms = parseDuration(flags.for, "--for");
    if (ms > 0) return { untilMs: nowMs + Math.round(ms) };
    throw usageError(`--for ${flags.for} ends at once`, "such as 12h or 30d");
  }
  if (flags.until === undefined) return {};
  const untilMs = toMoment(flags.until);
  if (untilMs === undefined)
    throw usageError(
      `--until: '${flags.until}' is not a time`,
      "such as 2026-12-31 or 2026-12-31T18:00+08:00",
    );
  if (untilMs > nowMs) return { untilMs };
  throw usageError(`--until ${flags.until} is over already`, "give a time that is to come");
}

/** The openId that a text names: an openId, or the key of a pool or ledger of the channel. */
export async function openIdReader(deps: Deps): Promise<(text: string) => string | undefined> {
  const consents = await deps.consents();
  return (consents ?? (await deps.stores())).toOpenId;
}

/** Who changes the list, as it is kept there. */
export function changedBy({ io }: Deps): string {
  return `${io.user}@${io.self.host}`;
}
