import { setMaxListeners } from "node:events";
import type { Row } from "./audience.ts";
import { Breaker } from "./breaker.ts";
import type { EngineDeps, EngineOptions } from "./engine-options.ts";
import { Gate } from "./gate.ts";
import { Guard } from "./guard.ts";
import { type InHand, RecipientsInHand, takeInHand } from "./in-hand.ts";
import { type ClaimBatch, type Decided, decided, type Held } from "./in-run.ts";
import { type FinalOutcome, Tally } from "./outcome.ts";
import { Pacer } from "./pacer.ts";
import type { Claimed, OwnTexts, SendAnswer } from "./ports.ts";
import { ReadyQueue } from "./ready-queue.ts";
import { repeatUntilMs } from "./repeat.ts";
import { reportLine } from "./report.ts";
import { Settler } from "./settler.ts";
import { type StopReason, stopReasonOf, thresholdReason } from "./stop.ts";
import { Earlier } from "./totals.ts";

/** Answers on their way into the ledger that don't hold up claims. */
const MOST_SETTLING = 512;

/** The state of one run: who is in hand, what is counted, why it ends. Feeder and workers share it. */
export class Run {
  readonly tally = new Tally();
  readonly ready = new ReadyQueue<InHand>();
  readonly pacer: Pacer;
  readonly guard: Guard;
  readonly settler: Settler<Decided>;
  readonly deps: EngineDeps;
  readonly options: EngineOptions;
  /** Claimed by this run and not settled. */
  readonly inHand = new RecipientsInHand();
  /** What a stop left unsent or undecided. */
  readonly leftovers: InHand[] = [];
  /** Whether the API is there. */
  readonly breaker: Breaker;
  readonly gate: Gate;
  /** Refused before any message was accepted, or since: perhaps it is not the recipient or the code that is wrong. */
  held: Held[] = [];
  /** The API has accepted a message. */
  accepted = false;
  /** Access tokens refused since one was accepted. */
  readonly refusedTokens = new Set<string>();
  /** Recipients that wait for a token in the place of a refused one. */
  renewing = 0;
  /** Monotonic time since when the platform has been giving the same refused token again. */
  sameTokenSince: number | undefined;
  /** The whole audience has been claimed. */
  fed = false;
  /** Nothing is claimed, sent or settled any more. */
  isOver = false;
  /** Claims of this run so far. */
  ownClaims = 0;
  /** Users whose claims are under way, and the batches of them. */
  claiming = 0;
  readonly batches = new Set<ClaimBatch>();
  /** Requests without an answer yet. */
  inFlight = 0;
  /** Recipients that earlier runs settled. */
  earlier = new Earlier();
  /** Users without a code whom the sweep over the ledgers has counted: their pools may be there when those are swept. */
  readonly withoutCode = new Set<string>();
  /** Users to whom another broadcast is sending, and their rows: claimed again in a while, and before the run ends. */
  readonly postponed = new Map<string, Row | undefined>();
  isFeedingPostponed = false;
  /** Users whom other runs have in hand, which run that is, and their rows. */
  readonly busy = new Map<string, { run: string; row: Row | undefined }>();
  /** What holds the run up, when something does. */
  waitingFor: string | undefined;
  /** The first reason to stop stays the reason. */
  stopReason: StopReason | undefined;
  private readonly stopping = new AbortController();
  private readonly waits = new Set<{ ready: () => boolean; resolve: () => void }>();

  constructor(deps: EngineDeps, options: EngineOptions) {
    this.deps = deps;
    this.options = options;
    // Every retry that waits listens to it; ten or more are no leak.
    setMaxListeners(Number.POSITIVE_INFINITY, this.stopping.signal);
    this.pacer = new Pacer(deps.clock, options.rate, options.startRate);
    this.guard = new Guard(options.maxErrors);
    this.breaker = new Breaker(deps.clock, options.concurrency);
    this.gate = new Gate(this);
    this.settler = new Settler<Decided>(deps.ledger, deps.clock, {
      onSettled: (item, settled) => this.settled(item, settled),
      onFailure: (error) => this.stop(stopReasonOf(error)),
      onChange: () => this.changed(),
    });
  }

  /** Aborts when the run is to stop. */
  get signal(): AbortSignal {
    return this.stopping.signal;
  }

  /** No new claims and sends from here on; what is in flight is awaited. */
  stop(reason: StopReason): void {
    if (this.stopReason) return;
    this.stopReason = reason;
    this.deps.log?.info("stop", reason.message, { status: reason.status, exit: reason.exit });
    this.stopping.abort();
    this.leftovers.push(...this.ready.close());
    this.changed();
  }

  /** Claims so far, as far as they have been met: this run's, those of earlier ones, those of others at work. */
  get claims(): number {
    return this.ownClaims + this.earlier.recipients + this.busy.size;
  }

  /** Claimed, or about to be, and not on its way: not in flight nor, unless the ledger is slow, being settled. */
  get ahead(): number {
    const settling = Math.min(this.settler.size, MOST_SETTLING);
    return this.inHand.size - this.held.length - settling + this.claiming - this.inFlight;
  }

  /** Takes a claimed recipient in hand. */
  begin(claimed: Claimed, failedBefore = false, own?: OwnTexts): void {
    const recipient = takeInHand(claimed, { failedBefore, own, repeatUntilMs: this.repeatUntilMs(claimed) });
    this.inHand.add(recipient);
    if (!this.isTooLate(recipient)) this.hand(recipient);
  }

  repeatUntilMs(claimed: Claimed): number {
    return repeatUntilMs(this.options.repeat ?? "by_code", claimed, () => this.deps.clock.now());
  }

  /** Settles as unknown somebody to whom it may have been sent before, and must not be sent again by now. */
  isTooLate(recipient: InHand): boolean {
    recipient.onceOnly = recipient.repeatUntilMs <= this.deps.clock.now();
    if (!recipient.uncertain || !recipient.onceOnly || this.options.retryUnknown) return false;
    this.settle(recipient, "unknown", { class: "ambiguous", errmsg: "an earlier attempt may have arrived" });
    return true;
  }

  /** Before the audience is swept once more: what earlier runs settled will be met again. */
  startOver(): void {
    this.earlier = new Earlier();
    this.busy.clear();
    this.withoutCode.clear();
    // Users without a code are met again too, those who ran out of them by their record.
    this.tally.outcomes.no_code = 0;
    this.tally.filtered = {};
  }

  hold(recipient: InHand, goOn: () => unknown, { isFinal = false } = {}): void {
    this.held.push({ recipient, goOn, isFinal });
    this.changed();
  }

  /** Hands a recipient to the workers, or to what is left over when the run stops. */
  hand(recipient: InHand): void {
    if (this.signal.aborted) this.leftovers.push(recipient);
    else this.ready.push(recipient);
  }

  settle(recipient: InHand, outcome: FinalOutcome, answer: SendAnswer): void {
    this.settler.add(decided(recipient, outcome, answer));
  }

  /** Settles with the code put back into its pool. */
  async settleReturning(item: Decided): Promise<void> {
    const settled = await this.deps.ledger.settleReturning(item.settlement);
    if (settled) this.countReleased(item.recipient);
    this.finish(item, settled);
  }

  /** Settles; what the pool still held of the user's permissions goes, and so has the one that was tried. */
  async settleClearing(item: Decided): Promise<void> {
    const { settled, dropped } = await this.deps.ledger.settleClearing(item.settlement);
    // A standing one was in the pool still.
    this.tally.codes.refused += dropped + (settled && !item.recipient.standing ? 1 : 0);
    this.finish(item, settled);
  }

  /** A permission is back in its pool, unless it had stayed there. */
  countReleased({ standing }: InHand): void {
    if (!standing) this.tally.codes.released++;
  }

  /** The user's codes ran out while this recipient was in hand; the ledger says so already. */
  ranOut(recipient: InHand, answer: SendAnswer): void {
    this.finish(decided(recipient, "no_code", answer), true);
  }

  /** Tells batches under way that what they will say of this user's claim is known already. */
  noteMet(openId: string): void {
    for (const batch of this.batches) if (batch.openIds.has(openId)) batch.metElsewhere.add(openId);
  }

  /** The claim is not, or no longer, this run's business. */
  forget(recipient: InHand): void {
    this.noteMet(recipient.openId);
    this.inHand.delete(recipient);
    this.changed();
  }

  /** Resolves once the condition holds; it is looked at whenever the run's state changes. */
  until(ready: () => boolean): Promise<void> {
    if (ready()) return Promise.resolve();
    return new Promise((resolve) => this.waits.add({ ready, resolve }));
  }

  /** Resolves once no claim is under way or put off, or the run is to stop. */
  nonePostponed(): Promise<void> {
    return this.until(() => this.signal.aborted || (this.claiming === 0 && this.postponed.size === 0));
  }

  /** Resolves once no claim is under way. */
  allClaimed(): Promise<void> {
    return this.until(() => this.claiming === 0);
  }

  changed(): void {
    for (const wait of this.waits) {
      if (!wait.ready()) continue;
      this.waits.delete(wait);
      wait.resolve();
    }
  }

  private settled(item: Decided, settled: boolean): void {
    if (settled) {
      if (!item.recipient.standing) this.tally.codes.spent++;
      this.count(item, item.recipient.formId);
    }
    this.noteMet(item.settlement.openId);
    this.inHand.delete(item.recipient);
  }

  private finish(item: Decided, settled: boolean): void {
    if (settled) this.count(item);
    this.forget(item.recipient);
  }

  /** `formId`: the code that it took; a code that went back is no longer the recipient's, in the ledger as here. */
  private count({ settlement, errmsg }: Decided, formId?: string): void {
    const { openId, outcome, attempts, errcode, msgid } = settlement;
    this.tally.outcomes[outcome]++;
    const tooMany = this.guard.seeOutcome(outcome === "failed" || outcome === "unknown", outcome === "sent");
    if (tooMany) this.stop(thresholdReason(tooMany));
    const { report, clock } = this.deps;
    if (!report) return;
    const why = outcome === "sent" ? undefined : errmsg;
    report.write(
      reportLine({ openId, outcome, attempts, errcode, errmsg: why, msgid, formId, atMs: clock.now() }),
    );
  }
}
