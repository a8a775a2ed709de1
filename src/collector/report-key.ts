import { createHash } from "node:crypto";
import type { Clock } from "../clock.ts";
import { BoundedMap } from "./bounded-map.ts";

const MINUTE_MS = 60_000;
/** How many reports without an id are remembered, for a minute each. */
const KEPT_REPORTS = 10_000;

/** Returns the key of a report that has no id of its own. */
export type ReportKey = (openId: string, accepted: readonly string[], ageMs: number) => string;

/**
 * The same result of the same user within a minute counts as one report. Its key consists of the result and the minute of the
 * prompt, which is the same in every process; in addition, this process remembers it for when the client repeats it in the
 * next minute.
 */
export function makeReportKeys(clock: Clock): ReportKey {
  const remembered = new BoundedMap<{ key: string; atMs: number }>(KEPT_REPORTS);
  return (openId, accepted, ageMs) => {
    const result = [...accepted].sort().join(" ");
    const atMs = clock.now() - ageMs;
    const name = `${openId} ${result}`;
    const last = remembered.get(name);
    if (last && Math.abs(atMs - last.atMs) < MINUTE_MS) return last.key;
    const digest = createHash("sha256").update(result).digest("base64url").slice(0, 22);
    const key = `auto-${digest}-${Math.floor(atMs / MINUTE_MS)}`;
    remembered.set(name, { key, atMs });
    return key;
  };
}
