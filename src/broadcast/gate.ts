import { PushCliError } from "../errors.ts";
import { failureOf, type Gated, NOBODY, reasonOf } from "./gated.ts";
import type { InHand } from "./in-hand.ts";
import { noteBack, noteDown } from "./notes.ts";
import type { SendAnswer } from "./ports.ts";
import { apiIsDown, notTheApi, stopReasonOf } from "./stop.ts";
import { Suspects } from "./suspects.ts";

/** How long `broadcast` and `resume` sit an outage out unless told. */
export const DEFAULT_MAX_OUTAGE_MS = 600_000;

interface Parked {
  recipient: InHand;
  letGo: () => void;
}

/**
 * Where workers wait, each with its recipient, while the breaker lets fewer requests out than there are workers; and who
 * tries, while it is open, whether the API is back.
 */
export class Gate {
  /** Single-use recipients that wait for a retry. */
  private resting = 0;
  private readonly run: Gated;
  private readonly parked: Parked[] = [];
  /** Let through and not yet sent. */
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
   * Waits until the recipient may be sent to, or the run is to stop. What is let through holds until the breaker opens:
   * its `openings` are then others than those returned.
   */
  async enter(recipient: InHand): Promise<number> {
    const { breaker, signal } = this.run;
    // A try that comes back unsent: the API had come and gone while it waited for its turn or a token.
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

  /** One that was let through, when there were so many `openings`, is sent to now, or is not after all. */
  leave(openings: number): void {
    if (openings === this.run.breaker.openings && this.entering > 0) this.entering--;
  }

  /** One whose code can be sent with again waits for its retry until `rested`. */
  rest(): void {
    this.resting++;
  }

  /** It was handed to the workers: one that is free has brought it here by now. */
  rested(): void {
    this.resting--;
    this.wake?.();
  }

  /** Lets out as many as may go now: to be called after each answer. */
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

  /** What an answer says of the API; `recipient` undefined: it was asked to send to nobody. */
  note(recipient: InHand | undefined, answer: SendAnswer): void {
    const { breaker } = this.run;
    const isApi = answer.errcode !== undefined || answer.class === "ok";
    if (answer.class === "ambiguous" || answer.class === "unsent") {
      breaker.failed(recipient ?? NOBODY, failureOf(answer), isApi);
      if (this.endTry(recipient)) this.noteFailedTry(recipient);
    } else if (answer.class === "token") {
      // It is the API; what comes of it, the renewal tells.
      breaker.isKnown = true;
    } else {
      if (!recipient) this.suspects.suspect();
      // A 429 may come from anything that stands before the API.
      if (isApi || breaker.isKnown) breaker.answered();
      // Nobody waits for the end of a quota's pause in the place of nobody.
      if (this.endTry(recipient)) {
        if (recipient) breaker.tryAgain();
        else breaker.tryFailed();
      }
    }
    this.advance();
  }

  /** There is no token to send with. False when that is no outage, but the end of the run. */
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

  /** A try ended with a token that had to be renewed: with the new one it may succeed. */
  noteNewToken(recipient: InHand): void {
    if (this.endTry(recipient)) this.run.breaker.tryAgain();
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

  private letAllGo(): void {
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

  /** A try that takes longer, such as one for a token that nobody gives, does not hold up the end. */
  private async tryFor(ms: number): Promise<void> {
    const ended = new AbortController();
    const onStop = () => ended.abort();
    this.run.signal.addEventListener("abort", onStop, { once: true });
    await Promise.race([this.try().finally(onStop), this.run.deps.clock.sleep(ms, ended.signal)]);
    this.run.signal.removeEventListener("abort", onStop);
  }

  /**
   * Sends to one recipient whose code can be sent with again, whatever comes of it. Where there are only codes with
   * several uses, each try could cost one of them the message; so the API is asked to send to nobody, without a code:
   * any refusal shows that it is there. The same when the last few have been tried in vain: it may be their requests.
   */
  private async try(): Promise<void> {
    await this.untilSomebody();
    const { breaker, signal } = this.run;
    if (!breaker.isOpen || signal.aborted) return;
    const at = this.parked.findIndex(
      ({ recipient }) => !recipient.onceOnly && this.suspects.mayTry(recipient),
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
   * Those who wait for their retry are here within ten seconds: until then nobody else is worth a try, unless all workers
   * are held up here, so that none can bring them.
   */
  private untilSomebody(): Promise<void> {
    const isThere = () =>
      this.resting === 0 || this.run.signal.aborted || this.parked.some((one) => !one.recipient.onceOnly);
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
