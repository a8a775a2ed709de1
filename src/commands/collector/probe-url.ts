import { usageError } from "../../errors.ts";

/** The address of a collector, without a slash at the end, from that or from its callback's. Throws a usage error. */
export function parseBase(text: string, flag = "--url"): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || url.search || url.hash) {
    throw usageError(
      `${flag}: must be an http or https URL without user, query or fragment`,
      "such as https://collect.example.com or https://collect.example.com/callback",
    );
  }
  return `${url.origin}${url.pathname.replace(/\/(callback\/?)?$/, "")}`;
}
