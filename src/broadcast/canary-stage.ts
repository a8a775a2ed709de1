import {
  type AskCanary,
  type Canary,
  type CanaryFigures,
  type CanaryProgress,
  type CanaryQuestion,
  type CanaryVerdict,
  countTried,
  isInCanary,
  judgeCanary,
} from "./canary.ts";
import { wantedStop } from "./conclude.ts";
import { settleHeld } from "./held.ts";
import { isThrough } from "./idle.ts";
import { noteVerdict } from "./notes.ts";
import type { Patience } from "./patience.ts";
import type { Choice } from "./policy.ts";
import type { BroadcastRecord } from "./record.ts";
import type { Rest } from "./rest.ts";
import type { Run } from "./run.ts";
import { spellTime } from "./schedule.ts";
import { canaryFailed, canaryWaits } from "./stop.ts";
import { type Sighted, type SweepNeeds, sweepUntilDone } from "./sweep.ts";
import { awaitReceipts, countUndelivered, type ReceiptNeeds } from "./take-receipts.ts";
import { addOutcomes } from "./totals.ts";

/** What a canary needs of its run besides what any sweep does. */
export interface CanaryMeans {
  /** The choice with which the run's ledger was opened; a record with a canary has one. */
  choice: Choice | undefined;
  rest: Rest;
  patience: Pick<Patience, "call">;
  receipts: ReceiptNeeds;
}

export interface CanaryNeeds extends SweepNeeds, CanaryMeans {
  /** Of the record that the run shows, too: what is noted in Redis is entered here. */
  canary: Canary;
  /** Who decides, where somebody is asked. */
  user: string;
  self: { host: string };
  askCanary?: AskCanary | undefined;
}

/** How often the record is looked at: another run may have found a verdict, or an operator given one. */
const POLL_MS = 1000;

/**
 * The canary that a broadcast still has to send, or to judge. None once everybody has been swept: then later runs only
 * retry some.
 */
export function openCanary({ canary, recipients }: BroadcastRecord): Canary | undefined {
  return canary?.verdict === "passed" || recipients !== undefined ? undefined : canary;
}

/**
 * The users of the canary; then waits until it is judged. Returns whether everybody else follows. All runs of a
 * broadcast follow the first verdict in its record. After a kill, a later run visits the canary again, which sends to
 * those that are left and counts the others, and waits for the rest of the time.
 */
export async function* sendCanary(
  needs: CanaryNeeds,
  first: () => AsyncIterable<Sighted>,
  later: () => AsyncIterable<Sighted>,
): AsyncGenerator<Sighted, boolean> {
  const { run, choice, canary, rest } = needs;
  if (canary.verdict === "failed") {
    run.stop(canaryFailed(canary.why));
    return false;
  }
  if (!choice) throw new Error("the ledger of a broadcast with a canary was opened without a choice");
  choice.only = (openId) => isInCanary(canary, openId);
  yield* sweepUntilDone(needs, first, later);
  // The last few in hand are to be treated as those at the end of an audience.
  run.fed = true;
  await settleAll(run);
  // There is nobody to go on with.
  if (run.signal.aborted || isLimitReached(run)) return false;
  await rest.during(() => awaitVerdict(needs));
  if (run.signal.aborted) return false;
  run.fed = false;
  choice.only = undefined;
  run.startOver();
  return true;
}

async function settleAll(run: Run): Promise<void> {
  for (;;) {
    await run.until(() => run.signal.aborted || isThrough(run));
    if (run.signal.aborted || run.held.length === 0) return;
    await settleHeld(run);
  }
}

function isLimitReached({ claims, options: { limit } }: Run): boolean {
  return limit !== undefined && claims >= limit;
}

/** Returns once the verdict is `passed`; whatever else ends the wait stops the run. */
async function awaitVerdict(needs: CanaryNeeds): Promise<void> {
  const { run, canary, clock, id, store, patience } = needs;
  const sentAtMs = clock.now();
  enter(needs, await patience.call(() => store.noteCanary(id, { sentAtMs })));
  const reachedNobody = countTried(figuresOf(run, 0)) === 0;
  while (canary.verdict === undefined && !run.signal.aborted) {
    // By a clock that was set back, no longer than from the beginning.
    const left = Math.min(canary.waitMs, (canary.sentAtMs ?? sentAtMs) + canary.waitMs - clock.now());
    if (left <= 0 || reachedNobody) await decide(needs);
    else {
      run.waitingFor = `verdict on the canary, due in ${spellTime(left)}`;
      await clock.sleep(Math.min(left, POLL_MS), run.signal);
      await look(needs);
    }
  }
  run.waitingFor = undefined;
  if (canary.verdict !== undefined) noteVerdict(run.deps, canary);
  if (canary.verdict === "failed") run.stop(canaryFailed(canary.why));
}

async function look(needs: CanaryNeeds): Promise<void> {
  const { run, id, store, patience } = needs;
  if (!run.signal.aborted) enter(needs, await patience.call(() => store.canaryProgress(id)));
}

function enter({ run, canary }: CanaryNeeds, progress: CanaryProgress | undefined): void {
  if (progress) Object.assign(canary, progress);
  else run.stop(wantedStop("gone"));
}

/** Enters a verdict, its own or that of another run which was faster; or stops the run where nobody can decide. */
async function decide(needs: CanaryNeeds): Promise<void> {
  const { run, canary, id, store, patience } = needs;
  await awaitReceipts(run, needs.receipts, 0);
  const undelivered = await countUndelivered(run, needs.receipts);
  if (run.signal.aborted) return;
  const figures = figuresOf(run, undelivered);
  const why = judgeCanary(canary, figures);
  const verdict = canary.asks ? await askFor(needs, { canary, figures, why }) : verdictOf(figures, why);
  if (verdict) enter(needs, await patience.call(() => store.noteCanary(id, verdict)));
}

function verdictOf(figures: CanaryFigures, why: string | undefined): CanaryVerdict {
  return why === undefined ? { verdict: "passed", figures } : { verdict: "failed", figures, why };
}

/** Undefined when there is no answer: then the run is to stop, or another one has the verdict. */
async function askFor(needs: CanaryNeeds, question: CanaryQuestion): Promise<CanaryVerdict | undefined> {
  const { run, canary, user, self, clock } = needs;
  const { figures } = question;
  const by = `${user}@${self.host}`;
  run.waitingFor = "decision about the canary";
  const answered = new AbortController();
  const decided = new AbortController();
  const watching = (async () => {
    while (!answered.signal.aborted && !decided.signal.aborted) {
      await clock.sleep(POLL_MS, answered.signal);
      if (!answered.signal.aborted) await look(needs);
      if (canary.verdict !== undefined || run.signal.aborted) decided.abort();
    }
  })();
  // Its failure ends the question, and is thrown below.
  watching.catch(() => decided.abort());
  const answer = await needs
    .askCanary?.(question, AbortSignal.any([run.signal, decided.signal]))
    .finally(() => answered.abort());
  answered.abort();
  await watching;
  if (run.signal.aborted || canary.verdict !== undefined) return undefined;
  if (answer === undefined) run.stop(canaryWaits());
  else if (answer) return { verdict: "passed", figures, by };
  else return { verdict: "failed", figures, by, why: `canary: not accepted by ${by}` };
  return undefined;
}

/** The last sweep of the canary has met everybody in it, whichever run sent to them. */
function figuresOf({ tally, earlier }: Run, undelivered: number): CanaryFigures {
  const { sent, rejected, failed, unknown } = addOutcomes(tally.outcomes, earlier);
  return { sent, rejected, failed, unknown, undelivered };
}
