import { PushCliError } from "../errors.ts";
import type { BroadcastRecord, KnownRun } from "./record.ts";
import { type Schedule, zoneOf } from "./schedule.ts";
import { formatZoned } from "./zone.ts";

/* Why a broadcast can't be resumed. */

export function tooLate(id: string, schedule: Schedule): PushCliError {
  const when = formatZoned(schedule.untilMs ?? 0, zoneOf(schedule));
  return new PushCliError("nothing", `the deadline of broadcast '${id}' has passed: ${when}`, {
    hint: "nothing was sent; to send after it: --until <time>, or --until none",
  });
}

/** Without its ledgers it is unknown who got the message: continuing would send it to everybody again. */
export function ledgersGone(id: string): PushCliError {
  return new PushCliError("nothing", `broadcast '${id}' began more than 7 days ago`, {
    hint: "its first ledgers expire after 8 days, so push-cli can't tell who received the message; start a new broadcast",
  });
}

export function othersGone(id: string, other: string): PushCliError {
  return new PushCliError(
    "nothing",
    `broadcast '${other}', which --exclude-broadcast names, began more than 7 days ago`,
    {
      hint: `push-cli can no longer tell who received it, so '${id}' can't be resumed; start a new broadcast with --exclude-broadcast ${id}`,
    },
  );
}

/** A run learns of another's claims only at its next beat, so that together they would exceed the limit. */
export function sendsAlone(id: string, { host, pid }: KnownRun): PushCliError {
  return new PushCliError(
    "locked",
    `broadcast '${id}' has a limit, and a run on ${host} (pid ${pid}) is working on it: with a limit, one run sends alone`,
    { hint: "wait for it to end, or join it with --limit none" },
  );
}

export function notScheduled({ id, status, reason }: BroadcastRecord): PushCliError {
  return new PushCliError("locked", `broadcast '${id}' is no longer scheduled: ${reason ?? status}`, {
    hint: `nothing was sent; push-cli broadcast show ${id} shows its state`,
  });
}

export function recordGone(id: string): PushCliError {
  return new PushCliError("nothing", `broadcast '${id}' was deleted meanwhile`, {
    hint: "nothing was sent; to list all broadcasts: push-cli broadcast list",
  });
}

export function alreadyFinished({ id, cut, limit, result }: BroadcastRecord): PushCliError {
  const { failed = 0, unknown = 0 } = result?.outcomes ?? {};
  const options = [...(unknown > 0 ? ["--retry-unknown"] : []), ...(failed > 0 ? ["--retry-failed"] : [])];
  const hints = [
    ...(cut ? [`--limit none, or more than ${limit}, sends to the remaining users`] : []),
    ...(options.length > 0 ? [`${options.join(" or ")} retries those recipients`] : []),
  ];
  const hint = hints.join("; ") || `push-cli broadcast show ${id} shows its totals; nothing was changed`;
  return new PushCliError("nothing", `broadcast '${id}' is finished`, { hint });
}

export function nobodyToRetry(id: string, retry: readonly string[]): PushCliError {
  return new PushCliError(
    "nothing",
    `broadcast '${id}' is finished, and no recipient's outcome is ${retry.join(" or ")}`,
    {
      hint: `push-cli broadcast show ${id} shows its totals; nothing was changed`,
    },
  );
}

export function cancelled({ id, reason }: BroadcastRecord): PushCliError {
  return new PushCliError("nothing", `broadcast '${id}' was ${reason ?? "cancelled"} and can't be resumed`, {
    hint: `to reach the remaining users, start a new broadcast with --exclude-broadcast ${id}`,
  });
}
