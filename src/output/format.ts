/** Formats values for people. Pure functions; used for messages, tables and progress, never for JSON documents. */

/** 1234567 -> "1,234,567". */
export function formatCount(count: number): string {
  return String(Math.trunc(count)).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** "1 pool", "2,000 pools". */
export function formatCounted(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** Milliseconds as "250 ms", "1.2 s", "3m 20s", "2h 05m", "3d 4h" or "400d"; "?" when unknown (an ETA without a rate). */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms)) return "?";
  if (ms < 999.5) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${pad(seconds % 60)}s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 1440) return `${Math.floor(minutes / 60)}h ${pad(minutes % 60)}m`;
  const hours = Math.round(minutes / 60);
  const days = Math.floor(hours / 24);
  return days < 100 ? `${days}d ${hours % 24}h` : `${days}d`;
}

/** part of whole as "12.3%". Rounded down, so that 100.0% means all of it. */
export function formatShare(part: number, whole: number): string {
  if (whole <= 0) return "0.0%";
  return `${(Math.floor((part * 1000) / whole) / 10).toFixed(1)}%`;
}

/** Events per second as "1,234/s", "4.5/s" or, below one per second, "30.0/m". */
export function formatRate(perSecond: number): string {
  if (!Number.isFinite(perSecond) || perSecond < 0) return "?/s";
  if (perSecond >= 9.95) return `${formatCount(Math.round(perSecond))}/s`;
  if (perSecond >= 1 || perSecond === 0) return `${perSecond.toFixed(1)}/s`;
  return `${(perSecond * 60).toFixed(1)}/m`;
}

/** Epoch ms as local time, "2026-11-23 18:40:12". A number that is not a valid date (pools hold such) stays a number. */
export function formatTime(epochMs: number): string {
  const time = new Date(epochMs);
  if (Number.isNaN(time.getTime())) return String(epochMs);
  const date = `${time.getFullYear()}-${pad(time.getMonth() + 1)}-${pad(time.getDate())}`;
  return `${date} ${pad(time.getHours())}:${pad(time.getMinutes())}:${pad(time.getSeconds())}`;
}

/** The same without seconds, for lines that have to fit into 80 columns. */
export function formatMinute(epochMs: number): string {
  return formatTime(epochMs).replace(/:\d\d$/, "");
}

/**
 * Makes text of unknown origin safe to show: control characters (including those of ANSI sequences), invisible characters
 * and bidi overrides are written as escapes, so that an entry in Redis can neither move the cursor nor disguise itself.
 */
export function visibleText(text: string): string {
  return text.replace(UNSAFE, escapeCharacter);
}

/** Like visibleText for text that we composed: line ends, tabs and our own colours are kept. */
export function visibleLines(text: string): string {
  return text.replace(OWN_SEQUENCE_OR_UNSAFE, (match) => (OWN.test(match) ? match : escapeCharacter(match)));
}

/** JSON that also escapes the characters which JSON.stringify leaves unchanged and a terminal would interpret. */
export function visibleJson(document: unknown, indent?: number): string {
  const json = JSON.stringify(document, null, indent);
  // Nearly all text is ASCII, and checking that takes a tenth of the time.
  return BEYOND_ASCII.test(json) ? json.replace(UNSAFE_IN_JSON, (c) => `\\u${hex(c, 4)}`) : json;
}

/** Raw text requested for a pipe: line ends and tabs are kept; the rest is escaped as in JSON. */
export function visibleResult(text: string): string {
  return text.replace(UNSAFE, (c) => (c === "\n" || c === "\t" ? c : `\\u${hex(c, 4)}`));
}

const INVISIBLE =
  "\\u061c\\u200b\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u2069\\ufeff\\ufff9-\\ufffb\\ud800-\\udfff";
const UNSAFE = new RegExp(`[\\x00-\\x1f\\x7f-\\x9f${INVISIBLE}]`, "gu");
const BEYOND_ASCII = /[^\n\x20-\x7e]/;
const UNSAFE_IN_JSON = new RegExp(`[\\x7f-\\x9f${INVISIBLE}]`, "gu");
/** Line end, tab, and the sequences written by style.ts. */
const OWN = /^(?:[\n\t]|\x1b\[(?:[12]|22|3\d)m)$/;
const OWN_SEQUENCE_OR_UNSAFE = new RegExp(`\\x1b\\[(?:[12]|22|3\\d)m|${UNSAFE.source}`, "gu");

const SHORT_ESCAPES: Record<string, string> = { "\t": "\\t", "\n": "\\n", "\r": "\\r" };

function escapeCharacter(character: string): string {
  const short = SHORT_ESCAPES[character];
  if (short !== undefined) return short;
  return character.charCodeAt(0) < 0x100 ? `\\x${hex(character, 2)}` : `\\u${hex(character, 4)}`;
}

function hex(character: string, digits: number): string {
  return character.charCodeAt(0).toString(16).padStart(digits, "0");
}

function pad(value: number): string {
  return String(value).padStart(2, "0");
}
