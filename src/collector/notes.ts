import type { Exchange } from "./exchange.ts";
import type { Kit } from "./kit.ts";

/** At the end of a request: one record in the log, and its duration in the metrics. */
export function keepNotes(
  { options, metrics, journal }: Kit,
  { method, notes }: Exchange,
  status: number,
): void {
  const { startedMs, route, openId, code, callback, counts } = notes;
  const ms = options.clock.monotonic() - startedMs;
  metrics.requests.inc({ route, status });
  metrics.took(route, ms / 1000);
  const fields: Record<string, unknown> = { route, method, status, ms: Math.round(ms * 10) / 10 };
  if (openId !== undefined) fields.user = journal.user(openId);
  if (code !== undefined) fields.code = code;
  if (callback !== undefined) fields.callback = callback;
  if (counts !== undefined) Object.assign(fields, counts);
  journal.write(status >= 500 ? "warn" : "info", "request", fields);
}
