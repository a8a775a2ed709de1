import { PushCliError } from "../../errors.ts";
import type { ExitName } from "../../exit-codes.ts";
import type { AccessTokens } from "../../token/ports.ts";
import type { Deps } from "../deps.ts";
import { stopAtSignal } from "../interrupt.ts";

/** Long enough for a restart behind the gateway; who waits longer is told why, and nothing has begun yet. */
const PATIENCE_MS = 30_000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 5000;

/**
 * Fetches the token that a run begins with. A token endpoint that says it is busy, or over a quota that passes soon, is
 * waited for; one that can't be reached or refuses is not. Names the exit code when a signal ends the wait.
 */
export async function awaitToken(deps: Deps, tokens: AccessTokens): Promise<ExitName | undefined> {
  const { clock, out } = deps;
  const giveUpAt = clock.monotonic() + PATIENCE_MS;
  const stop = stopAtSignal(deps);
  let said = "";
  try {
    for (let wait = FIRST_WAIT_MS; ; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
      const error = await Promise.race([
        tokens.current().then(() => undefined, asError),
        aborted(stop.signal),
      ]);
      if (stop.exit || error === undefined) return stop.exit;
      const ms = Math.max(wait, waitOf(error) ?? Number.POSITIVE_INFINITY);
      if (clock.monotonic() + ms > giveUpAt) throw error;
      const why = error instanceof Error ? error.message : "";
      if (why !== said) out.talk(`waiting for an access token: ${why}`);
      said = why;
      await clock.sleep(ms, stop.signal);
      if (stop.exit) return stop.exit;
    }
  } finally {
    stop.undo();
  }
}

/** How long the endpoint asks to wait; undefined where waiting is no use. */
function waitOf(error: unknown): number | undefined {
  return error instanceof PushCliError ? error.waitMs : undefined;
}

function asError(error: unknown): unknown {
  return error ?? new Error("rejected");
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
}
