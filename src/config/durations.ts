import { usageError } from "../errors.ts";

const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const UNIT_SECONDS = { s: 1, m: 60, h: 3600 } as const;

/** "250ms", "90s", "5m", "24h", "7d", or a number of seconds -> milliseconds. Throws a usage error; `name` is the flag in it. */
export function parseDuration(text: string, name?: string): number {
  const [, number, unit = "s"] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(text) ?? [];
  const ms = Number(number) * UNIT_MS[unit as keyof typeof UNIT_MS];
  if (Number.isSafeInteger(Math.round(ms))) return ms;
  throw usageError(
    `${label(name)}"${text}" is not a duration`,
    "such as 250ms, 90s, 5m, 24h or 7d; a plain number is seconds",
  );
}

/** "100/s", "90/m", "5000/h", or a number per second -> events per second, more than 0. Throws a usage error. */
export function parseRate(text: string, name?: string): number {
  const [, number, unit = "s"] = /^(\d+(?:\.\d+)?)(?:\/([smh]))?$/.exec(text) ?? [];
  const perSecond = Number(number) / UNIT_SECONDS[unit as keyof typeof UNIT_SECONDS];
  if (perSecond > 0 && Number.isFinite(perSecond)) return perSecond;
  throw usageError(
    `${label(name)}"${text}" is not a rate`,
    "such as 100/s, 90/m or 5000/h, more than 0; a plain number is per second",
  );
}

export interface CountRange {
  /** Defaults to 0. */
  min?: number;
  max?: number;
  /** What is counted, for the message: a flag such as --limit. */
  name: string;
}

/** Decimal digits only -> integer. Throws a usage error for anything else, and for values outside the range. */
export function parseCount(
  text: string,
  { min = 0, max = Number.MAX_SAFE_INTEGER, name }: CountRange,
): number {
  const count = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (count >= min && count <= max) return count;
  const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
  const reason = Number.isNaN(count) ? "is not a whole number" : "is out of range";
  throw usageError(
    `${name}: "${text}" ${reason}`,
    `a whole number ${range}, such as ${Math.max(min, Math.min(max, 100))}`,
  );
}

function label(name: string | undefined): string {
  return name === undefined ? "" : `${name}: `;
}
