import type { KnownRun } from "./record.ts";
import type { Run } from "./run.ts";

/** Another run of the broadcast has sent a message: where it uses the same API, that is one, and no answer means an outage. */
export function proveApi({ options, breaker }: Run): void {
  if (options.sharesApi) breaker.isKnown = true;
}

/** The same, by what other runs tell of themselves. */
export function adoptProof(run: Run, runs: readonly KnownRun[]): void {
  if (runs.some(({ outcomes }) => (outcomes?.sent ?? 0) > 0)) proveApi(run);
}
