import { type ErrorKind, messageOf, PushCliError } from "../errors.ts";
import type { Failure } from "./breaker.ts";
import type { SendAnswer } from "./ports.ts";
import { type Schedule, zoneOf } from "./schedule.ts";
import { formatZoned } from "./zone.ts";

export type StopSignal = "sigint" | "sigterm" | "sighup";

/** Why a run ended before it was done with its audience. */
export interface StopReason {
  status: "stopped" | "interrupted" | "paused" | "cancelled";
  /** Names the exit code. */
  exit: ErrorKind | StopSignal;
  message: string;
  hint?: string | undefined;
  /** The option that a resume requires. */
  resumeWith?: "--allow-eviction" | "--until none" | "--accept-canary";
  /** The broadcast's record was deleted during the run, while Redis is reachable. */
  isRecordGone?: true;
}

/** A failure of Redis, of the token or of push-cli itself as the reason to stop. */
export function stopReasonOf(error: unknown): StopReason {
  if (error instanceof PushCliError) {
    return { status: "stopped", exit: error.kind, message: error.message, hint: error.hint };
  }
  return { status: "stopped", exit: "unexpected", message: messageOf(error) };
}

/** An answer that ends the run. */
export function refusedBy(answer: SendAnswer, kind: "stopped" | "credentials"): StopReason {
  const meaning = answer.meaning === undefined ? "" : `: ${answer.meaning}`;
  const code = answer.errcode === undefined ? "" : ` (errcode ${answer.errcode}${meaning})`;
  const what = {
    stopped: "the API refused the broadcast",
    credentials: "the API keeps refusing the access token",
  }[kind];
  return {
    status: "stopped",
    exit: kind,
    message: `${what}${code}: ${answer.errmsg}`,
    hint:
      answer.hint ??
      (kind === "credentials" ? "push-cli token refresh --force fetches a new one" : undefined),
  };
}

export function thresholdReason(message: string): StopReason {
  return {
    status: "stopped",
    exit: "stopped",
    message,
    hint: "unused codes have been returned to their pools; fix the cause before resuming",
  };
}

/** The time given with --until has come. */
export function deadlineReached({ untilMs = 0, ...schedule }: Schedule): StopReason {
  const time = formatZoned(untilMs, zoneOf(schedule)).slice(-5);
  return {
    status: "stopped",
    exit: "stopped",
    message: `deadline ${time} reached`,
    hint: "to send to the remaining users, resume with another --until",
    resumeWith: "--until none",
  };
}

/** `why`: with figures. */
export function canaryFailed(why = "canary: not accepted"): StopReason {
  return {
    status: "stopped",
    exit: "stopped",
    message: why,
    hint: "fix the cause before going on",
    resumeWith: "--accept-canary",
  };
}

/** An operator has to decide, and nobody can be asked here. */
export function canaryWaits(): StopReason {
  return {
    status: "paused",
    exit: "stopped",
    message: "canary waits for a decision",
    resumeWith: "--accept-canary",
  };
}

/** `forMs`: how long the run waited. */
export function apiIsDown({ reason, page, hint }: Failure, forMs: number): StopReason {
  const clue = page ?? hint;
  return {
    status: "stopped",
    exit: "api",
    message: `the API has been down for ${seconds(forMs)}: ${reason}`,
    hint: `${clue === undefined ? "" : `${clue}; `}nothing in progress was lost; resume when the API is back, or wait longer with --max-outage`,
  };
}

/** Nothing answered like the API during the whole run. */
export function notTheApi({ reason, page, hint }: Failure): StopReason {
  const isPage = page !== undefined;
  return {
    status: "stopped",
    exit: "api",
    message: `${isPage ? "this address does not answer like the API" : "the API can't be reached"}: ${reason}`,
    hint: isPage ? `check --api-base; ${page}` : (hint ?? "check the network and --api-base"),
  };
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}
