import type { Clock } from "../clock.ts";
import { usageError } from "../errors.ts";

/** A broadcast id that sorts by time and can be typed: 20261123-184012-k3f9. UTC. */
export function newBroadcastId(clock: Clock): string {
  const [date = "", time = ""] = new Date(clock.now()).toISOString().split("T");
  return `${date.replaceAll("-", "")}-${time.slice(0, 8).replaceAll(":", "")}-${letters(clock, 4)}`;
}

/** Names one process at work on a broadcast; letters and digits only, as the scripts rely on. */
export function newRunId(clock: Clock): string {
  return letters(clock, 12);
}

/** Throws a usage error for an id that could not be a part of a Redis key or of a command line. */
export function checkBroadcastId(id: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(id)) return id;
  throw usageError(`'${id}' can't be a broadcast id`, "up to 64 letters, digits, '.', '_' and '-'");
}

function letters(clock: Clock, count: number): string {
  return Array.from({ length: count }, () => Math.floor(clock.random() * 36).toString(36)).join("");
}
