/** Why a command ends without doing its job; each kind has its own exit code (`exit-codes.ts`). */
export type ErrorKind =
  | "unexpected"
  | "usage"
  | "nothing"
  | "credentials"
  | "config"
  | "redis"
  | "api"
  | "partial"
  | "stopped"
  | "locked"
  | "confirm"
  | "output"
  | "timeout";

export interface ErrorDetails {
  /** What to run or change next; printed on a line of its own. */
  hint?: string | undefined;
  /** The faults one by one, where `message` counts several; printed on lines of their own. */
  details?: readonly string[];
  cause?: unknown;
  /** It may resolve itself: worth retrying for a while. */
  transient?: boolean;
  /** How long to wait before a retry, at least, ms. */
  waitMs?: number | undefined;
}

/**
 * The only error the user is meant to see. `message` says what failed, with the value quoted; it never holds a secret.
 * Anything else that reaches `main` is a defect and exits 1.
 */
export class PushCliError extends Error {
  override readonly name = "PushCliError";
  readonly kind: ErrorKind;
  readonly hint: string | undefined;
  readonly details: readonly string[];
  readonly transient: boolean;
  readonly waitMs: number | undefined;

  constructor(kind: ErrorKind, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.kind = kind;
    this.hint = details.hint;
    this.details = details.details ?? [];
    this.transient = details.transient === true;
    this.waitMs = details.waitMs;
  }
}

/**
 * Redis is a different process than when the sweep began (a restart, a failover), so the sweep's cursor means nothing
 * to it; or cluster slots have moved from a server not yet swept to one that was. Keys may have been missed.
 */
export class SweepCutError extends PushCliError {
  constructor() {
    super(
      "redis",
      "the scan was interrupted (Redis restarted, or cluster slots moved): some keys may be missing",
      {
        hint: "run the command again",
      },
    );
  }
}

/** How often a sweep may be interrupted before a caller that needs a complete one gives up. */
const MAX_SWEEPS = 5;

/** Repeats work that an interrupted sweep has invalidated; not for output that was already shown. */
export async function untilWhole<T>(sweep: () => Promise<T>, most = MAX_SWEEPS): Promise<T> {
  for (let sweeps = 1; ; sweeps++) {
    try {
      return await sweep();
    } catch (error) {
      if (!(error instanceof SweepCutError) || sweeps >= most) throw error;
    }
  }
}

export function usageError(message: string, hint?: string): PushCliError {
  return new PushCliError("usage", message, { hint });
}

/** The message of anything thrown, in one line. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  return text.replace(/\s*\n\s*/g, " ");
}
