import { backoffMs } from "./backoff.ts";
import { type Decision, decide } from "./decide.ts";
import { dropCode, holdUnknown, settleHeld, settleReturning, settleUnlisted, watch } from "./held.ts";
import { type InHand, takeInHand } from "./in-hand.ts";
import { toDecided } from "./in-run.ts";
import { noteRetry } from "./notes.ts";
import { obeyQuota } from "./obey-quota.ts";
import type { FinalOutcome } from "./outcome.ts";
import type { AnswerClass, SendAnswer } from "./ports.ts";
import { acceptToken, provesToken, renewToken } from "./refused-token.ts";
import type { Run } from "./run.ts";
import { refusedBy, stopReasonOf } from "./stop.ts";

/**
 * How many codes of one user the API may refuse in a run: each costs a request and a code. A backend that records no
 * expiry leaves some stale codes before a good one; after five in a row, the sixth is unlikely to be better. The user
 * counts as `failed`, not as `no_code`, because the pool still holds codes; --retry-failed tries the next.
 */
const MAX_REFUSALS = 5;

/** One worker: sends to one ready recipient after the other. Resolves once the queue is closed. */
export function work(run: Run): Promise<void> {
  return new Promise((resolve) => {
    const next = () =>
      run.ready.take((recipient) => {
        if (recipient) deliver(run, recipient, next);
        else resolve();
      });
    next();
  });
}

/** Sends to one recipient and acts on the answer; avoids a promise where there is nothing to wait for. */
function deliver(run: Run, recipient: InHand, next: () => void): void {
  const mayWait = !run.breaker.isClosed || run.pacer.mayWait || !run.deps.pulse.fresh;
  const token = mayWait ? undefined : run.deps.tokens.cached();
  if (token !== undefined) send(run, recipient, token, next);
  else {
    untilMaySend(run, recipient).then(
      (fetched) => send(run, recipient, fetched, next),
      (error) => {
        if (!run.gate.noteNoToken(recipient, error)) return giveUp(run, recipient, error, next);
        run.enqueue(recipient);
        next();
      },
    );
  }
}

/**
 * Waits for the API to be up, for the run's turn and for a fresh heartbeat; returns the access token. After a stop and in
 * quiet hours, nothing may be sent with it.
 */
async function untilMaySend(run: Run, recipient: InHand): Promise<string> {
  const { gate, breaker, signal, timing } = run;
  for (;;) {
    const openings = await gate.enter(recipient);
    try {
      const token = await untilTurn(run);
      // Otherwise the API went down meanwhile.
      if (openings === breaker.openings || signal.aborted || timing.isQuiet) return token;
    } finally {
      gate.leave(openings);
    }
  }
}

/** The heartbeat comes last: fetching a token may take long, and another run may have taken over the claims by then. */
async function untilTurn({ pacer, signal, timing, deps: { pulse, tokens } }: Run): Promise<string> {
  if (pacer.mayWait) await pacer.take(timing.awake);
  const token = tokens.cached() ?? (await unlessStopped(() => tokens.current(), signal));
  if (!pulse.fresh) await pulse.untilFresh(signal);
  return token;
}

/** An empty text once the run is to stop: claims should be released then, not wait for a token that is not needed. */
function unlessStopped(fetch: () => Promise<string>, signal: AbortSignal): Promise<string> {
  if (signal.aborted) return Promise.resolve("");
  return new Promise((resolve, reject) => {
    const stop = () => resolve("");
    signal.addEventListener("abort", stop, { once: true });
    const unlisten = () => signal.removeEventListener("abort", stop);
    fetch().finally(unlisten).then(resolve, reject);
  });
}

function send(run: Run, recipient: InHand, token: string, next: () => void): void {
  if (run.signal.aborted || run.timing.isQuiet) {
    run.enqueue(recipient);
    next();
    return;
  }
  if (recipient.repeatUntilMs !== Number.POSITIVE_INFINITY && run.isTooLate(recipient)) {
    run.gate.noteNoAnswer(recipient);
    next();
    return;
  }
  recipient.attempts++;
  recipient.turn = run.pacer.countSend();
  run.inFlight++;
  try {
    run.deps.sender.send(recipient, token, (answer) => {
      run.inFlight--;
      take(run, recipient, answer, token, next);
    });
  } catch (error) {
    run.inFlight--;
    giveUp(run, recipient, error, next);
  }
  run.changed();
}

/** Does not throw: its caller is the HTTP client. */
function take(run: Run, recipient: InHand, answer: SendAnswer, token: string, next: () => void): void {
  if (!run.breaker.isCalm || answer.class !== "ok") run.gate.note(recipient, answer);
  if (answer.class !== "ok" || run.held.length > 0) {
    takeAnswer(run, recipient, answer, token).then(next, (error) => giveUp(run, recipient, error, next));
    return;
  }
  // The usual case.
  try {
    settleSent(run, recipient, answer);
  } catch (error) {
    giveUp(run, recipient, error, next);
    return;
  }
  next();
}

function giveUp(run: Run, recipient: InHand, error: unknown, next: () => void): void {
  // The failure may have come after the request, so this code must not go back into its pool.
  recipient.uncertain ||= recipient.attempts > 0;
  run.leftovers.push(recipient);
  run.stop(stopReasonOf(error));
  next();
}

async function takeAnswer(run: Run, recipient: InHand, answer: SendAnswer, token: string): Promise<void> {
  const decision = decide(recipient, answer, run.options.maxAttempts);
  // "Already used" after an attempt without an answer means that it arrived.
  const sent = decision.do === "settle" && decision.outcome === "sent";
  if (!sent) run.tally.countError(answer.errcode, answer.errmsg);
  if (provesToken(answer)) acceptToken(run);
  obeyQuota(run, recipient, answer);
  await act(run, recipient, answer, decision, token);
}

function settleSent(run: Run, recipient: InHand, answer: SendAnswer): void {
  if (run.refusedTokens.size > 0) acceptToken(run);
  run.accepted = true;
  watch(run, run.guard.seeAccepted());
  run.settle(recipient, "sent", answer);
}

async function act(
  run: Run,
  recipient: InHand,
  answer: SendAnswer,
  decision: Decision,
  token: string,
): Promise<void> {
  switch (decision.do) {
    case "settle":
      if (answer.class === "unlisted") return settleUnlisted(run, recipient, answer);
      if (answer.class === "ambiguous" && !run.breaker.isKnown) return holdUnknown(run, recipient, answer);
      if (decision.outcome === "sent") {
        run.accepted = true;
        await settleHeld(run);
      }
      watch(run, decision.outcome === "sent" ? run.guard.seeAccepted() : run.guard.seeAnswer());
      return run.settle(recipient, decision.outcome, answer);
    case "settle-returning":
      return settleReturning(run, toDecided(recipient, decision.outcome, answer), answer);
    case "settle-clearing":
      return dropCode(run, recipient, answer, () => clear(run, recipient, decision.outcome, answer));
    case "next":
      return dropCode(run, recipient, answer, () => claimNext(run, recipient, answer));
    case "retry":
      recipient.uncertain ||= decision.uncertain;
      return retryLater(run, recipient, answer);
    case "renew-token":
      recipient.attempts--;
      try {
        return await renewToken(run, recipient, answer, token);
      } catch (error) {
        if (!run.gate.noteNoToken(recipient, error)) throw error;
        return run.enqueue(recipient);
      }
    case "pause":
      recipient.attempts--;
      return run.enqueue(recipient);
    case "stop":
      if (NOT_AN_ATTEMPT.has(answer.class)) recipient.attempts--;
      run.leftovers.push(recipient);
      return run.stop(refusedBy(answer, "stopped"));
  }
}

/** Answers that stop a run and say nothing about the recipient. */
const NOT_AN_ATTEMPT: ReadonlySet<AnswerClass> = new Set(["unsent", "fatal", "token", "message_refused"]);

/** The pool was wrong about this user: its other permissions are removed as well. */
async function clear(run: Run, recipient: InHand, outcome: FinalOutcome, answer: SendAnswer): Promise<void> {
  await run.settleClearing(toDecided(recipient, outcome, answer));
  watch(run, run.guard.seeAnswer());
}

async function claimNext(run: Run, recipient: InHand, answer: SendAnswer): Promise<void> {
  const refusals = recipient.refusals + 1;
  if (refusals >= MAX_REFUSALS) return run.settle(recipient, "failed", answer);
  const reply = await run.deps.ledger.next(recipient.openId, recipient.formId, answer.errcode);
  if (!reply) return run.forget(recipient);
  run.tally.codes.refused += 1 + reply.refused;
  run.tally.codes.expired += reply.expired;
  if (reply.status === "no_code") return run.ranOut(recipient, answer);
  const { failedBefore, own, row } = recipient;
  const repeatUntilMs = run.repeatUntilMs(reply);
  const next = takeInHand(reply, { failedBefore, refusals, own, row, repeatUntilMs });
  run.inHand.delete(recipient);
  run.inHand.add(next);
  run.enqueue(next);
}

/** Waits outside the queue, not in a worker, so that a retry does not hold up others. */
function retryLater(run: Run, recipient: InHand, answer: SendAnswer): void {
  const { clock } = run.deps;
  // While the API is down, all wait at the gate.
  if (run.breaker.isOpen) {
    run.enqueue(recipient);
    return;
  }
  const { gate } = run;
  const isRepeatable = !recipient.onceOnly;
  if (isRepeatable) gate.expectRetry();
  const waitMs = backoffMs(recipient.attempts - recipient.excused, clock);
  noteRetry(run, recipient, answer, waitMs);
  void clock.sleep(waitMs, run.signal).then(() => {
    run.enqueue(recipient);
    if (isRepeatable) gate.retryCame();
  });
}
