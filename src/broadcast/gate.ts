import { PushCliError } from "../errors.ts";
import { failureOf, type Gated, NOBODY, reasonOf } from "./gated.ts";
import type { InHand } from "./in-hand.ts";
import { noteBack, noteDown } from "./notes.ts";
import type { SendAnswer } from "./ports.ts";
import { apiIsDown, notTheApi, stopReasonOf } from "./stop.ts";
import { Suspects } from "./suspects.ts";

/** How long `broadcast` and `resume` wait during an outage by default. */
export const DEFAULT_MAX_OUTAGE_MS = 600_000;

interface Parked {
  recipient: InHand;
  letGo: () => void;
}

/**
 * Where workers wait, each with its recipient, while the breaker allows fewer requests than there are workers. While
 * the breaker is open, it tries whether the API is back.
 */
export class Gate {
  /** Repeatable recipients that wait outside the queue for their retry. */
  private retriesPending = 0;
  private readonly run: Gated;
  private readonly parked: Parked[] = [];
  /** Let through but not sent yet. */
  private entering = 0;
  private trying = false;
  private tried: { by: InHand | undefined; end: () => void } | undefined;
  private wake: (() => void) | undefined;
  private readonly suspects: Suspects;

  constructor(run: Gated) {
    this.run = run;
    this.suspects = new Suspects(run);
    run.breaker.onOpen = () => {
      this.entering = 0;
      this.suspects.clear();
      noteDown(run);
      if (!this.trying) void this.tryUntilBack();
    };
    run.signal.addEventListener("abort", () => this.letAllGo(), { once: true });
  }

  /**
   * Waits until the recipient may be sent to, or the run is to stop. The permission holds until the breaker opens
   * again: its `openings` then differ from those returned.
   */
  async enter(recipient: InHand): Promise<number> {
    const { breaker, signal } = this.run;
    // A try that returns unsent: the API came up and went down again while it waited for its turn or a token.
    this.endTry(recipient);
    if (!breaker.isClosed && !signal.aborted) {
      await new Promise<void>((letGo) => {
        this.parked.push({ recipient, letGo });
        this.wake?.();
        this.advance();
      });
    }
    return breaker.openings;
  }

  /** A recipient that was let through at this number of `openings` is being sent to now, or won't be after all. */
  leave(openings: number): void {
    if (openings === this.run.breaker.openings && this.entering > 0) this.entering--;
  }

  /** A recipient whose code can be used again waits for its retry until `retryCame`. */
  expectRetry(): void {
    this.retriesPending++;
  }

  /** It was enqueued again: a free worker has brought it here by now. */
  retryCame(): void {
    this.retriesPending--;
    this.wake?.();
  }

  /** Lets through as many as may be sent now; called after each answer. */
  advance(): void {
    const { breaker } = this.run;
    if (this.parked.length === 0 || breaker.isOpen) return;
    while (
      this.parked.length > 0 &&
      (breaker.isClosed || this.run.inFlight + this.entering < breaker.window)
    ) {
      this.letGo(this.parked.shift()!);
    }
  }

  /** Records what an answer says about the API; `recipient` undefined: a probe that sends to nobody. */
  note(recipient: InHand | undefined, answer: SendAnswer): void {
    const { breaker } = this.run;
    const isApi = answer.errcode !== undefined || answer.class === "ok";
    if (answer.class === "ambiguous" || answer.class === "unsent") {
      breaker.failed(recipient ?? NOBODY, failureOf(answer), isApi);
      if (this.endTry(recipient)) this.noteFailedTry(recipient);
    } else if (answer.class === "token") {
      // The API is up; whether it helps depends on the renewal.
      breaker.isKnown = true;
    } else {
      if (!recipient) this.suspects.suspect();
      // A 429 may come from anything in front of the API.
      if (isApi || breaker.isKnown) breaker.answered();
      // A probe does not wait for the end of a quota's pause.
      if (this.endTry(recipient)) {
        if (recipient) breaker.tryAgain();
        else breaker.tryFailed();
      }
    }
    this.advance();
  }

  /** There is no token to send with. False when that is not an outage but ends the run. */
  noteNoToken(recipient: InHand | undefined, error: unknown): boolean {
    // Locked: another process has been waiting for its answer for half a minute.
    const mayPass =
      error instanceof PushCliError && (error.kind === "locked" || (error.kind === "api" && error.transient));
    if (!mayPass) return false;
    const { breaker } = this.run;
    if (this.endTry(recipient)) breaker.tryFailed();
    breaker.trip(error.message, error.waitMs);
    return true;
  }

  /** The API refuses the token, and the platform gives the same again. */
  noteTokenAgain(recipient: InHand, answer: SendAnswer): void {
    if (this.endTry(recipient)) this.run.breaker.tryFailed();
    this.run.breaker.trip(reasonOf(answer));
  }

  /** A try ended with a token that had to be renewed, or before anything was sent: another may follow at once. */
  noteNoAnswer(recipient: InHand): void {
    if (this.endTry(recipient)) this.run.breaker.tryAgain();
    this.advance();
  }

  private noteFailedTry(recipient: InHand | undefined): void {
    if (recipient) this.suspects.add(recipient);
    else this.suspects.clear();
    this.run.breaker.tryFailed();
  }

  private endTry(recipient: InHand | undefined): boolean {
    if (!this.tried || this.tried.by !== recipient) return false;
    const { end } = this.tried;
    this.tried = undefined;
    end();
    return true;
  }

  private letGo({ letGo }: Parked): void {
    this.entering++;
    letGo();
  }

  /** At a stop or in quiet hours: whoever waits here finds out elsewhere that nothing may be sent. */
  letAllGo(): void {
    for (const parked of this.parked.splice(0)) parked.letGo();
    this.wake?.();
    this.tried?.end();
    this.tried = undefined;
  }

  private async tryUntilBack(): Promise<void> {
    const { run } = this;
    const { breaker, signal, deps } = run;
    const maxMs = run.options.maxOutageMs ?? DEFAULT_MAX_OUTAGE_MS;
    this.trying = true;
    while (breaker.isOpen && !signal.aborted) {
      // A late answer to an earlier request may end the outage meanwhile.
      await deps.clock.sleep(Math.min(breaker.untilTryMs, maxMs - breaker.downMs), signal);
      if (!breaker.isOpen || signal.aborted) break;
      if (breaker.isHopeless) run.stop(notTheApi(breaker.failure));
      else if (breaker.downMs >= maxMs) run.stop(apiIsDown(breaker.failure, breaker.downMs));
      else if (breaker.untilTryMs <= 0) await this.tryFor(maxMs - breaker.downMs);
    }
    this.trying = false;
    noteBack(run);
    this.advance();
    run.changed();
  }

  /** A try that takes longer, such as one that waits for a token, does not delay the end. */
  private async tryFor(ms: number): Promise<void> {
    const ended = new AbortController();
    const onStop = () => ended.abort();
    this.run.signal.addEventListener("abort", onStop, { once: true });
    await Promise.race([this.try().finally(onStop), this.run.deps.clock.sleep(ms, ended.signal)]);
    this.run.signal.removeEventListener("abort", onStop);
  }

  /**
   * Sends to one recipient whose code can be used again whatever the result. Where there are only codes with several
   * uses, each try could cost a recipient the message, so the API is asked to send to nobody, without a code: any
   * refusal shows that it is up. The same when the last few recipients have failed: their requests may be the cause.
   */
  private async try(): Promise<void> {
    await this.untilSomebody();
    const { breaker, signal, deps } = this.run;
    if (!breaker.isOpen || signal.aborted) return;
    const at = this.parked.findIndex(
      ({ recipient }) => recipient.repeatUntilMs > deps.clock.now() && this.suspects.mayTry(recipient),
    );
    const chosen = this.parked[at];
    const ended = new Promise<void>((end) => {
      this.tried = { by: chosen?.recipient, end };
    });
    if (chosen) {
      this.parked.splice(at, 1);
      this.letGo(chosen);
    } else void this.askNobody();
    await ended;
  }

  private async askNobody(): Promise<void> {
    const { breaker, deps } = this.run;
    const { tokens, sender } = deps;
    try {
      const token = tokens.cached() ?? (await tokens.current());
      const answer = await new Promise<SendAnswer>((resolve) =>
        sender.send({ openId: "", formId: "" }, token, resolve),
      );
      if (answer.class !== "token") return this.note(undefined, answer);
      await tokens.renew(token);
      if (this.endTry(undefined)) breaker.tryFailed();
    } catch (error) {
      if (!this.noteNoToken(undefined, error)) this.run.stop(stopReasonOf(error));
    }
  }

  /**
   * Recipients waiting for their retry arrive within ten seconds. Until then no other one should be risked, unless all
   * workers wait here and none can bring them.
   */
  private untilSomebody(): Promise<void> {
    const isThere = () =>
      this.retriesPending === 0 ||
      this.run.signal.aborted ||
      this.parked.some((one) => !one.recipient.onceOnly);
    if (isThere()) return Promise.resolve();
    return new Promise((resolve) => {
      this.wake = () => {
        if (!isThere()) return;
        this.wake = undefined;
        resolve();
      };
    });
  }
}
