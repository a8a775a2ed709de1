import { backoffMs } from "./backoff.ts";
import { type Decision, decide } from "./decide.ts";
import { dropCode, holdUnknown, settleHeld, settleReturning, settleUnlisted, watch } from "./held.ts";
import { type InHand, takeInHand } from "./in-hand.ts";
import type { SendAnswer } from "./ports.ts";
import { decided, type Run } from "./run.ts";
import { stopReasonOf } from "./stop.ts";

/** New tokens in a row of which none was accepted. */
const MAX_REFUSED_TOKENS = 5;
/** How long the platform may take to hand out another token than the one that it refuses. */
const SAME_TOKEN_MS = 5000;
/**
 * Codes of one user that a run lets the API refuse: each costs a request and a code. A backend that notes no expiry
 * leaves some stale ones before a good one; with five of them in a row, the sixth is no better. The user counts as
 * `failed`, not as `no_code`, because the pool still holds codes; --retry-failed tries the next.
 */
const MOST_REFUSALS = 5;

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

/** Sends to one recipient and does what the answer calls for; without a promise where nothing has to be waited for. */
function deliver(run: Run, recipient: InHand, next: () => void): void {
  const mayWait = !run.breaker.isClosed || run.pacer.mayWait || !run.deps.pulse.fresh;
  const token = mayWait ? undefined : run.deps.tokens.cached();
  if (token !== undefined) send(run, recipient, token, next);
  else {
    untilMaySend(run, recipient).then(
      (fetched) => send(run, recipient, fetched, next),
      (error) => {
        if (!run.gate.noteNoToken(recipient, error)) return giveUp(run, recipient, error, next);
        run.hand(recipient);
        next();
      },
    );
  }
}

/** Waits until the API is there, for the run's turn and a heartbeat that holds; returns the access token. */
async function untilMaySend(run: Run, recipient: InHand): Promise<string> {
  const { pulse, tokens } = run.deps;
  for (;;) {
    const openings = await run.gate.enter(recipient);
    if (run.pacer.mayWait) await run.pacer.take(run.signal);
    if (!pulse.fresh) await pulse.untilFresh(run.signal);
    const token = tokens.cached() ?? (await tokens.current());
    // Else the API went away meanwhile.
    if (openings !== run.breaker.openings && !run.signal.aborted) continue;
    run.gate.leave();
    return token;
  }
}

function send(run: Run, recipient: InHand, token: string, next: () => void): void {
  if (run.signal.aborted) {
    run.hand(recipient);
    next();
    return;
  }
  recipient.attempts++;
  run.pacer.countSend();
  run.inFlight++;
  try {
    const { openId, formId } = recipient;
    run.deps.sender.send(openId, formId, token, (answer) => {
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
  // The usual end of it.
  try {
    settleSent(run, recipient, answer);
  } catch (error) {
    giveUp(run, recipient, error, next);
    return;
  }
  next();
}

function giveUp(run: Run, recipient: InHand, error: unknown, next: () => void): void {
  // Whatever broke, it may have been after the request: this code must not go back into its pool.
  recipient.uncertain ||= recipient.attempts > 0;
  run.leftovers.push(recipient);
  run.stop(stopReasonOf(error));
  next();
}

async function takeAnswer(run: Run, recipient: InHand, answer: SendAnswer, token: string): Promise<void> {
  const decision = decide(recipient, answer, run.options.maxAttempts);
  // "Already used" after an attempt without an answer is the good news that it arrived.
  const sent = decision.do === "settle" && decision.outcome === "sent";
  if (!sent) run.tally.countError(answer.errcode, answer.errmsg);
  if (provesToken(answer)) acceptToken(run);
  await act(run, recipient, answer, decision, token);
}

function settleSent(run: Run, recipient: InHand, answer: SendAnswer): void {
  if (run.refusedTokens.size > 0) acceptToken(run);
  run.accepted = true;
  watch(run, run.guard.seeAnswer(false));
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
      watch(run, run.guard.seeAnswer(false));
      return run.settle(recipient, decision.outcome, answer);
    case "settle-returning":
      return settleReturning(run, decided(recipient, decision.outcome, answer));
    case "next":
      return dropCode(run, recipient, () => claimNext(run, recipient, answer));
    case "retry":
      recipient.uncertain ||= decision.uncertain;
      return retryLater(run, recipient);
    case "renew-token":
      recipient.attempts--;
      try {
        return await renewToken(run, recipient, answer, token);
      } catch (error) {
        if (!run.gate.noteNoToken(recipient, error)) throw error;
        return run.hand(recipient);
      }
    case "pause":
      recipient.attempts--;
      run.pacer.pauseToNextMinute();
      return run.hand(recipient);
    case "stop":
      if (answer.class === "unsent" || answer.class === "fatal" || answer.class === "token")
        recipient.attempts--;
      run.leftovers.push(recipient);
      return stopFor(run, answer, decision.kind);
  }
}

/** Whether the API looked at the token, and was content with it. */
function provesToken(answer: SendAnswer): boolean {
  return answer.class !== "token" && answer.class !== "ambiguous" && answer.class !== "unsent";
}

/**
 * Two things are beyond renewing: a token that the platform goes on giving although it has been refused, and one new token
 * after the other refused. A token that lapses under requests in flight is neither, however often it happens.
 */
async function renewToken(run: Run, recipient: InHand, answer: SendAnswer, token: string): Promise<void> {
  run.refusedTokens.add(token);
  const { tokens, clock } = run.deps;
  const renewed = run.refusedTokens.size > MAX_REFUSED_TOKENS ? undefined : await tokens.renew(token);
  const now = clock.monotonic();
  run.sameTokenSince = renewed === token ? (run.sameTokenSince ?? now) : undefined;
  if (renewed === undefined || now - (run.sameTokenSince ?? now) > SAME_TOKEN_MS) {
    run.leftovers.push(recipient);
    return stopFor(run, answer, "credentials");
  }
  if (renewed === token) run.gate.noteTokenAgain(recipient, answer);
  else run.gate.noteNewToken(recipient);
  run.hand(recipient);
}

function acceptToken(run: Run): void {
  run.refusedTokens.clear();
  run.sameTokenSince = undefined;
}

async function claimNext(run: Run, recipient: InHand, answer: SendAnswer): Promise<void> {
  const refusals = recipient.refusals + 1;
  if (refusals >= MOST_REFUSALS) return run.settle(recipient, "failed", answer);
  const reply = await run.deps.ledger.next(recipient.openId, recipient.formId, answer.errcode);
  if (!reply) return run.forget(recipient);
  run.tally.codes.refused += 1 + reply.refused;
  run.tally.codes.expired += reply.expired;
  if (reply.status === "no_code") return run.ranOut(recipient, answer);
  const next = takeInHand(reply, { failedBefore: recipient.failedBefore, refusals });
  run.inHand.delete(recipient);
  run.inHand.add(next);
  run.hand(next);
}

/** Waits beside the queue, not in a worker: a retry must not hold up others. */
function retryLater(run: Run, recipient: InHand): void {
  const { clock } = run.deps;
  // While the API is down, all wait at the gate.
  if (run.breaker.isOpen) {
    run.hand(recipient);
    return;
  }
  const { gate } = run;
  const isRepeatable = !recipient.multiUse;
  if (isRepeatable) gate.resting++;
  void clock.sleep(backoffMs(recipient.attempts - recipient.excused, clock), run.signal).then(() => {
    if (isRepeatable) gate.resting--;
    run.hand(recipient);
  });
}

function stopFor(run: Run, answer: SendAnswer, kind: "stopped" | "credentials"): void {
  const meaning = answer.meaning === undefined ? "" : `: ${answer.meaning}`;
  const code = answer.errcode === undefined ? "" : ` (errcode ${answer.errcode}${meaning})`;
  const what = {
    stopped: "the API refused the broadcast",
    credentials: "the API keeps refusing the access token",
  }[kind];
  run.stop({
    status: "stopped",
    exit: kind,
    message: `${what}${code}: ${answer.errmsg}`,
    hint:
      answer.hint ?? (kind === "credentials" ? "push-cli token refresh --force gets a new one" : undefined),
    errcode: answer.errcode,
  });
}
