import type { HttpAnswer } from "./exchange.ts";
import { safeText } from "./safe-text.ts";

const MAX_CHARS = 80;

/**
 * Describes an answer that is not the API's: where a redirect leads, otherwise the title of an HTML page or its first
 * words. `secrets` are kept out of it.
 */
export function describePage(
  { text, location }: Pick<HttpAnswer, "text" | "location">,
  secrets: readonly string[],
): string {
  if (location !== undefined) return `it redirects to ${shorten(withoutQuery(location), secrets)}`;
  const title = /<title[^>]*>([^<]*)/i.exec(text.slice(0, MAX_SCANNED))?.[1];
  const words = shorten(title?.trim() ? title : withoutTags(text), secrets);
  return words === "" ? "its answer is empty" : `it says "${words}"`;
}

/** A page may have 64 KB. */
const MAX_SCANNED = 8000;

function withoutTags(text: string): string {
  return text.slice(0, MAX_SCANNED).replace(/<(script|style)\b.*?<\/\1\s*>|<[^>]*>/gis, " ");
}

/** It often contains the request's own query, and with that the token. */
function withoutQuery(location: string): string {
  return location.replace(/[?#].*$/s, "");
}

function shorten(text: string, secrets: readonly string[]): string {
  const safe = safeText(text.replace(/\s+/g, " "), secrets);
  return safe.length > MAX_CHARS ? `${safe.slice(0, MAX_CHARS - 3).trimEnd()}...` : safe;
}
