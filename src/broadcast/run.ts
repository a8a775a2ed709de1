import { setMaxListeners } from "node:events";
import type { Row } from "./audience.ts";
import { Breaker } from "./breaker.ts";
import type { EngineDeps, EngineOptions } from "./engine-options.ts";
import { Gate } from "./gate.ts";
import { Guard } from "./guard.ts";
import { type InHand, RecipientsInHand, takeInHand } from "./in-hand.ts";
import { type ClaimBatch, type Decided, type Held, toDecided } from "./in-run.ts";
import { type FinalOutcome, Tally } from "./outcome.ts";
import { Pacer } from "./pacer.ts";
import type { Claimed, OwnTexts, SendAnswer } from "./ports.ts";
import { ReadyQueue } from "./ready-queue.ts";
import { repeatUntilMs } from "./repeat.ts";
import { reportLine } from "./report.ts";
import { Settler } from "./settler.ts";
import { type StopReason, stopReasonOf, thresholdReason } from "./stop.ts";
import { Timing } from "./timing.ts";
import { Earlier } from "./totals.ts";

/** Settlements in progress that don't delay claims. */
const MAX_SETTLING = 512;

/** The state of one run: who is in hand, what is counted, why it ends. Feeder and workers share it. */
export class Run {
  readonly tally: Tally;
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
  /** Tracks whether the API is up. */
  readonly breaker: Breaker;
  readonly gate: Gate;
  /** When it may send. */
  readonly timing: Timing;
  /** Recipients whose refusal may not be due to the recipient or the code. */
  held: Held[] = [];
  /** The API has accepted a message. */
  accepted = false;
  /** Access tokens refused since one was accepted. */
  readonly refusedTokens = new Set<string>();
  /** Recipients waiting for a token to replace a refused one. */
  renewing = 0;
  /** Monotonic time since when the platform has been returning the same refused token. */
  sameTokenSince: number | undefined;
  /** The whole audience has been claimed, or the whole canary until it is judged. */
  fed = false;
  /** Nothing more is claimed, sent or settled. */
  isOver = false;
  /** Claims of this run so far. */
  ownClaims = 0;
  /** Users whose claims are under way, and the batches of them. */
  claiming = 0;
  readonly batches = new Set<ClaimBatch>();
  /** Requests without an answer yet. */
  inFlight = 0;
  /** Recipients that earlier runs settled. */
  earlier: Earlier;
  /** Users without a code, counted by the sweep over the ledgers; they may be met again by their pools. */
  readonly withoutCode = new Set<string>();
  /** Users to whom another broadcast is sending, and their rows: claimed again later, before the run ends. */
  readonly postponed = new Map<string, Row | undefined>();
  isFeedingPostponed = false;
  /** Users whom other runs have in hand, which run that is, and their rows. */
  readonly busy = new Map<string, { run: string; row: Row | undefined }>();
  /** What the run is waiting for, if anything. */
  waitingFor: string | undefined;
  /** The first reason to stop stays the reason. */
  stopReason: StopReason | undefined;
  private readonly stopping = new AbortController();
  private readonly waits = new Set<{ ready: () => boolean; resolve: () => void }>();

  constructor(deps: EngineDeps, options: EngineOptions) {
    this.deps = deps;
    this.options = options;
    this.tally = new Tally(deps.assignment);
    this.earlier = new Earlier(deps.assignment);
    // Every waiting retry listens to it, so more than ten listeners are not a leak.
    setMaxListeners(Number.POSITIVE_INFINITY, this.stopping.signal);
    this.timing = new Timing(deps.clock, options.schedule);
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

  /** Ends claims and sends; requests in flight are awaited. */
  stop(reason: StopReason): void {
    if (this.stopReason) return;
    this.stopReason = reason;
    this.deps.log?.info("stop", reason.message, { status: reason.status, exit: reason.exit });
    this.stopping.abort();
    this.leftovers.push(...this.ready.close(), ...this.timing.takeParked());
    this.changed();
  }

  /** Known claims so far: this run's, those of earlier runs, and those of concurrent ones. */
  get claims(): number {
    return this.ownClaims + this.earlier.recipients + this.busy.size;
  }

  /** Claimed, or being claimed, and not sent to yet. At most MAX_SETTLING settlements in progress are left out. */
  get ahead(): number {
    const settling = Math.min(this.settler.size, MAX_SETTLING);
    return this.inHand.size - this.held.length - settling + this.claiming - this.inFlight;
  }

  /** Takes a claimed recipient in hand. */
  begin(
    claimed: Claimed,
    failedBefore = false,
    { row, own }: { row?: Row | undefined; own?: OwnTexts | undefined } = {},
  ): void {
    const repeatUntilMs = this.repeatUntilMs(claimed);
    const recipient = takeInHand(claimed, { failedBefore, own, row, repeatUntilMs });
    this.inHand.add(recipient);
    if (!this.isTooLate(recipient)) this.enqueue(recipient);
  }

  repeatUntilMs(claimed: Claimed): number {
    return repeatUntilMs(this.options.repeat ?? "by_code", claimed, () => this.deps.clock.now());
  }

  /** Settles as unknown a recipient who may have got the message before and must not be sent to again. */
  isTooLate(recipient: InHand): boolean {
    recipient.onceOnly = recipient.repeatUntilMs <= this.deps.clock.now();
    if (!recipient.uncertain || !recipient.onceOnly || this.options.retryUnknown) return false;
    this.settle(recipient, "unknown", { class: "ambiguous", errmsg: "an earlier attempt may have arrived" });
    return true;
  }

  /** To be called before another sweep of the audience, which meets what earlier runs settled again. */
  startOver(): void {
    this.earlier = new Earlier(this.deps.assignment);
    this.busy.clear();
    this.withoutCode.clear();
    // Users without a code are met again too, including those whose record says so.
    this.tally.startOver();
  }

  /** Queues a recipient for the workers; after a stop, adds it to the leftovers. In quiet hours it waits for their end. */
  enqueue(recipient: InHand): void {
    if (this.signal.aborted) this.leftovers.push(recipient);
    else if (this.timing.isQuiet) this.timing.parked.push(recipient);
    else this.ready.push(recipient);
  }

  settle(recipient: InHand, outcome: FinalOutcome, answer: SendAnswer): void {
    this.settler.add(toDecided(recipient, outcome, answer));
  }

  /** Settles with the code put back into its pool. */
  async settleReturning(item: Decided): Promise<void> {
    const settled = await this.deps.ledger.settleReturning(item.settlement);
    if (settled) this.countReleased(item.recipient);
    this.finish(item, settled);
  }

  /** Settles, and removes all of the user's permissions from the pool; the one that was tried is gone too. */
  async settleClearing(item: Decided): Promise<void> {
    const { settled, dropped } = await this.deps.ledger.settleClearing(item.settlement);
    // A standing one was still in the pool, so it is in `dropped`.
    this.tally.codes.refused += dropped + (settled && !item.recipient.standing ? 1 : 0);
    this.finish(item, settled);
  }

  /** Counts a permission as released, unless it never left its pool. */
  countReleased({ standing }: InHand): void {
    if (!standing) this.tally.codes.released++;
  }

  /** The user's codes ran out while this recipient was in hand; the ledger says so already. */
  ranOut(recipient: InHand, answer: SendAnswer): void {
    this.finish(toDecided(recipient, "no_code", answer), true);
  }

  /** Tells pending batches that this user's claim is known already. */
  noteMet(openId: string): void {
    for (const batch of this.batches) if (batch.openIds.has(openId)) batch.metElsewhere.add(openId);
  }

  /** The claim is not, or no longer, this run's. */
  forget(recipient: InHand): void {
    this.noteMet(recipient.openId);
    this.inHand.delete(recipient);
    this.changed();
  }

  /** Resolves once the condition holds; it is checked whenever the run's state changes. */
  until(ready: () => boolean): Promise<void> {
    if (ready()) return Promise.resolve();
    return new Promise((resolve) => this.waits.add({ ready, resolve }));
  }

  /** Resolves once no claim is pending or postponed, or the run is to stop. */
  nonePostponed(): Promise<void> {
    return this.until(() => this.signal.aborted || (this.claiming === 0 && this.postponed.size === 0));
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

  /** `formId`: the code that was spent; absent when the code went back. */
  private count({ settlement, errmsg }: Decided, formId?: string): void {
    const { openId, outcome, attempts, errcode, msgid } = settlement;
    this.tally.count(openId, outcome);
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
