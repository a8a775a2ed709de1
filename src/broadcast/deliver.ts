import { backoffMs } from "./backoff.ts";
import { type Decision, decide } from "./decide.ts";
import { type InHand, takeInHand } from "./in-hand.ts";
import type { SendAnswer } from "./ports.ts";
import { type Decided, decided, type Run, thresholdReason } from "./run.ts";
import { stopReasonOf } from "./stop.ts";

/** New tokens in a row of which none was accepted. */
const MAX_REFUSED_TOKENS = 5;

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
  const token = run.pacer.mayWait || !run.deps.pulse.fresh ? undefined : run.deps.tokens.cached();
  if (token !== undefined) send(run, recipient, token, next);
  else {
    untilMaySend(run).then(
      (fetched) => send(run, recipient, fetched, next),
      (error) => giveUp(run, recipient, error, next),
    );
  }
}

/** Waits for the run's turn and a heartbeat that holds; returns the access token. */
async function untilMaySend(run: Run): Promise<string> {
  const { pulse, tokens } = run.deps;
  if (run.pacer.mayWait) await run.pacer.take(run.signal);
  if (!pulse.fresh) await pulse.untilFresh(run.signal);
  return tokens.cached() ?? (await tokens.current());
}

function send(run: Run, recipient: InHand, token: string, next: () => void): void {
  if (run.signal.aborted) {
    run.hand(recipient);
    next();
    return;
  }
  recipient.attempts++;
  recipient.turn = run.pacer.countSend();
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
  if (provesToken(answer)) run.refusedTokens.clear();
  obeyQuota(run, recipient, answer);
  await act(run, recipient, answer, decision, token);
}

function settleSent(run: Run, recipient: InHand, answer: SendAnswer): void {
  if (run.refusedTokens.size > 0) run.refusedTokens.clear();
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
      if (answer.class === "unlisted") watch(run, run.guard.seeUnlisted(answer.errcode));
      if (decision.outcome === "sent") await settleHeld(run);
      watch(run, run.guard.seeAnswer(false));
      return run.settle(recipient, decision.outcome, answer);
    case "settle-returning":
      return settleReturning(run, decided(recipient, decision.outcome, answer));
    case "next":
      return claimNext(run, recipient, answer);
    case "retry":
      recipient.uncertain ||= decision.uncertain;
      return retryLater(run, recipient);
    case "renew-token":
      recipient.attempts--;
      return renewToken(run, recipient, answer, token);
    case "pause":
      recipient.attempts--;
      return run.hand(recipient);
    case "stop":
      if (answer.class === "unsent" || answer.class === "fatal" || answer.class === "token")
        recipient.attempts--;
      run.leftovers.push(recipient);
      return stopFor(run, answer, decision.kind);
  }
}

/** A quota that is used up pauses the run, whatever the answer means for its recipient: a 503 may say so, too. */
function obeyQuota(run: Run, { turn }: InHand, { class: kind, waitMs }: SendAnswer): void {
  if (waitMs !== undefined) run.pacer.refuse(turn, waitMs);
  else if (kind === "minute_quota") run.pacer.refuse(turn, "minute");
}

/** Whether the API looked at the token, and was content with it. */
function provesToken(answer: SendAnswer): boolean {
  return answer.class !== "token" && answer.class !== "ambiguous" && answer.class !== "unsent";
}

/**
 * Two things are beyond renewing: a token that the platform gave again although it had been refused, and one new token
 * after the other refused. A token that lapses under requests in flight is neither, however often it happens.
 */
async function renewToken(run: Run, recipient: InHand, answer: SendAnswer, token: string): Promise<void> {
  run.refusedTokens.add(token);
  if (run.refusedTokens.size > MAX_REFUSED_TOKENS) {
    run.leftovers.push(recipient);
    return stopFor(run, answer, "credentials");
  }
  const renewed = await run.deps.tokens.renew(token);
  recipient.tokenRefusals = renewed === token ? recipient.tokenRefusals + 1 : 0;
  run.hand(recipient);
}

/** More than the guard needs to see that the appid is wrong. */
const MOST_HELD = 200;

/** 40003 is held back until another answer shows that the appid is right; else every user would count as invalid. */
async function settleReturning(run: Run, item: Decided): Promise<void> {
  if (item.settlement.errcode !== 40003) return run.settleReturning(item);
  const why = run.guard.seeAnswer(true);
  if (run.tally.outcomes.sent > 0 || run.held.length >= MOST_HELD) await run.settleReturning(item);
  else run.held.push(item);
  run.changed();
  watch(run, why);
}

/** Settles the recipients that were held back. */
export async function settleHeld(run: Run): Promise<void> {
  for (const item of run.held.splice(0)) await run.settleReturning(item);
}

async function claimNext(run: Run, recipient: InHand, answer: SendAnswer): Promise<void> {
  const reply = await run.deps.ledger.next(recipient.openId, recipient.formId, answer.errcode);
  if (!reply) return run.forget(recipient);
  run.tally.codes.refused += 1 + reply.refused;
  run.tally.codes.expired += reply.expired;
  if (reply.status === "no_code") return run.ranOut(recipient, answer);
  const next = takeInHand(reply, recipient.failedBefore);
  run.inHand.delete(recipient);
  run.inHand.add(next);
  run.hand(next);
}

/** Waits beside the queue, not in a worker: a retry must not hold up others. */
function retryLater(run: Run, recipient: InHand): void {
  const { clock } = run.deps;
  void clock.sleep(backoffMs(recipient.attempts, clock), run.signal).then(() => run.hand(recipient));
}

function watch(run: Run, why: string | undefined): void {
  if (why) run.stop(thresholdReason(why));
}

function stopFor(run: Run, answer: SendAnswer, kind: "stopped" | "credentials" | "api"): void {
  const meaning = answer.meaning === undefined ? "" : `: ${answer.meaning}`;
  const code = answer.errcode === undefined ? "" : ` (errcode ${answer.errcode}${meaning})`;
  const what = {
    stopped: "the API refused the broadcast",
    credentials: "the API keeps refusing the access token",
    api: "the API can't be reached",
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
