import { type ErrorKind, messageOf, PushCliError } from "../errors.ts";

export type StopSignal = "sigint" | "sigterm" | "sighup";

/** Why a run ended before its audience did. */
export interface StopReason {
  status: "stopped" | "interrupted" | "paused" | "cancelled";
  /** Names the exit code. */
  exit: ErrorKind | StopSignal;
  message: string;
  hint?: string | undefined;
  errcode?: number | undefined;
  /** The broadcast's record was deleted under the run: Redis is there all the same. */
  isRecordGone?: true;
}

/** A failure of Redis, of the token or of push-cli itself as the reason to stop. */
export function stopReasonOf(error: unknown): StopReason {
  if (error instanceof PushCliError) {
    return { status: "stopped", exit: error.kind, message: error.message, hint: error.hint };
  }
  return { status: "stopped", exit: "unexpected", message: messageOf(error) };
}
