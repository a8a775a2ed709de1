import type { Logger } from "../log.ts";
import type { CanaryProgress } from "./canary.ts";
import { type Gated, reasonOf } from "./gated.ts";
import type { InHand } from "./in-hand.ts";
import type { Pacer } from "./pacer.ts";
import type { SendAnswer } from "./ports.ts";
import type { BroadcastRecord } from "./record.ts";

/** May have a log; the functions of this file write a run's decisions to it. */
interface Logged {
  deps: { log?: Logger | undefined };
}

/** A run that begins. */
interface Began {
  runId: string;
  dead: ReadonlySet<string>;
  earlierRuns: readonly unknown[];
  retry?: readonly string[] | undefined;
}

/** A run has entered itself into its broadcast. */
export function noteRun(
  { log }: Logged["deps"],
  { id, audience, limit, rate }: BroadcastRecord,
  plan: Began,
) {
  const { runId, dead, earlierRuns } = plan;
  const after =
    earlierRuns.length === 0 ? "the first" : `earlier runs: ${earlierRuns.length}, ${dead.size} of them dead`;
  log?.info(
    "run",
    `broadcast ${id}, run ${runId}: ${after}; users from ${audience === "list" ? "the list" : "the pools"}`,
    {
      ...{ broadcastId: id, runId, dead: [...dead], audience, limit, rate, retry: plan.retry },
    },
  );
}

/** A canary's verdict is known, whichever run found it. */
export function noteVerdict({ log }: Logged["deps"], { verdict, why, by, figures }: CanaryProgress): void {
  log?.info("canary", why ?? `${verdict}${by === undefined ? "" : `, accepted by ${by}`}`, {
    verdict,
    by,
    figures,
  });
}

/** The breaker has opened. */
export function noteDown({ breaker, deps: { log } }: Gated): void {
  const { reason } = breaker.failure;
  log?.info("api", `down (${reason}): only single probes are sent`, { reason });
}

/** The tries are over: the API is back, or the run is to stop. */
export function noteBack({ breaker, deps: { log } }: Gated): void {
  if (!breaker.isOpen)
    log?.info("api", "back: raising the number of requests in flight", { ...breaker.outages });
}

/** A recipient's attempt is to be repeated after `waitMs`. */
export function noteRetry(
  { deps: { log } }: Logged,
  { openId, attempts }: InHand,
  answer: SendAnswer,
  waitMs: number,
) {
  log?.info(
    "retry",
    `${openId} again in ${Math.round(waitMs)} ms, attempt ${attempts} failed: ${reasonOf(answer)}`,
    { openId, attempts, waitMs: Math.round(waitMs), errcode: answer.errcode },
  );
}

/** The platform refused for too many sends; `before`: the refusals that the pacer had counted until then. */
export function noteRate(
  { pacer, deps: { log } }: Logged & { pacer: Pacer },
  answer: SendAnswer,
  before: number,
): void {
  const { refusals, pauseLeftMs, ratePerSec: perSec } = pacer;
  if (refusals === before) return;
  const pause = pauseLeftMs > 0 ? `a pause of ${Math.ceil(pauseLeftMs / 1000)} s, then ` : "";
  log?.info("rate", `${pause}${perSec.toFixed(1)}/s, because the API answered: ${reasonOf(answer)}`, {
    perSec: Math.round(perSec * 10) / 10,
    pauseMs: Math.round(pauseLeftMs),
    errcode: answer.errcode,
  });
}
