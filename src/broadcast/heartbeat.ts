import type { Clock } from "../clock.ts";
import type { BroadcastStore, KnownRun, RunInfo, RunState, Wanted } from "./record.ts";

/** A run whose heartbeat is older than this may have its claims taken over. */
const LEASE_MS = 15_000;
/** Far more often than the lease needs: beats publish the counts that others watch, and fetch pause and cancel requests. */
const INTERVAL_MS = 1000;
const RETRY_MS = 250;
/**
 * How long beats may fail. While nothing is claimed or settled, as during an API outage, nothing else notices that
 * Redis is gone.
 */
const GIVE_UP_MS = 30_000;

/** By both clocks, in ms. */
interface Moment {
  monotonic: number;
  wall: number;
}

/** What a beat reports besides being alive, so that it survives a kill. */
export interface HeartbeatEvents {
  /** The counts to keep with the run. */
  state(): RunState;
  /** After each beat: the other runs that are alive. */
  onBeat(others: KnownRun[]): void;
  /** The heartbeat had lapsed and another run may have this one's claims: stop. */
  onFenced(other: RunInfo): void;
  /** Redis has been unreachable or refusing for too long: stop. */
  onLost(error: unknown): void;
  /** An operator wants the runs of the broadcast to stop, or its record is gone. */
  onWanted(wanted: Wanted | "gone"): void;
}

/**
 * Keeps a run's heartbeat alive, and knows when it can no longer be trusted: a run sends only while its last beat is
 * younger than half the lease, so that nobody can have taken its claims over. After a pause (stopped process, Redis
 * away) it continues only if no other run was at work meanwhile: a new run first enters itself into the record and then
 * reads the heartbeats, while this one first beats and then reads the record, so one of the two always sees the other.
 */
export class Heartbeat {
  private readonly store: BroadcastStore;
  private readonly id: string;
  private readonly info: RunInfo;
  private readonly clock: Clock;
  private readonly events: HeartbeatEvents;
  private readonly ended = new AbortController();
  /** Runs that were over at the last beat: they can't have been at work between that and the next. */
  private readonly over = new Set<string>();
  /** A beat found the heartbeat gone, and it has not been checked yet whether another run came in between. */
  private lapsed = false;
  private lastBeat: Moment | undefined;
  /** When the first beat failed since a good one. */
  private failingSince: number | undefined;
  private beating: Promise<void> = Promise.resolve();
  private waiting: (() => void)[] = [];

  constructor(store: BroadcastStore, id: string, info: RunInfo, clock: Clock, events: HeartbeatEvents) {
    this.store = store;
    this.id = id;
    this.info = info;
    this.clock = clock;
    this.events = events;
  }

  /** Enters the run into the record and starts beating. Rejects when Redis can't be reached. */
  async start(): Promise<void> {
    const at = this.moment();
    await this.store.beginRun(this.id, this.info, this.events.state(), LEASE_MS);
    for (const { runId, alive } of await this.store.runs(this.id)) if (!alive) this.over.add(runId);
    this.lastBeat = at;
    this.beating = this.keepBeating();
  }

  /** Whether the claims of this run are certain to be still its own. */
  get fresh(): boolean {
    return this.lastBeat !== undefined && this.sinceMs(this.lastBeat) < LEASE_MS / 2;
  }

  /** Resolves at the next good beat, or when the signal aborts. */
  untilFresh(signal: AbortSignal): Promise<void> {
    if (this.fresh || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
  }

  /** Stops beating and withdraws the heartbeat. Without Redis it lapses by itself. */
  async end(): Promise<void> {
    this.ended.abort();
    await this.beating;
    await Promise.allSettled([this.store.endRun(this.id, this.info, this.events.state())]);
  }

  private async keepBeating(): Promise<void> {
    while (!this.ended.signal.aborted) {
      const age = this.lastBeat ? this.sinceMs(this.lastBeat) : INTERVAL_MS;
      await this.clock.sleep(Math.max(RETRY_MS, INTERVAL_MS - age), this.ended.signal);
      if (this.ended.signal.aborted) return;
      const at = this.moment();
      // A beat that fails is tried again; `fresh` tells the senders when one is missing.
      const [done] = await Promise.allSettled([this.beat(at)]);
      if (done.status === "fulfilled") this.beaten(at);
      else this.missed(done.reason);
    }
  }

  private missed(error: unknown): void {
    const now = this.clock.monotonic();
    this.failingSince ??= now;
    if (now - this.failingSince >= GIVE_UP_MS) this.events.onLost(error);
  }

  private moment(): Moment {
    return { monotonic: this.clock.monotonic(), wall: this.clock.now() };
  }

  /** By the clock that says more: the monotonic one stands still while a machine sleeps, the other may be set back. */
  private sinceMs({ monotonic, wall }: Moment): number {
    return Math.max(this.clock.monotonic() - monotonic, this.clock.now() - wall);
  }

  private async beat(at: Moment): Promise<void> {
    if (!(await this.store.beat(this.id, this.info, this.events.state(), LEASE_MS))) this.lapsed = true;
    const others = (await this.store.runs(this.id)).filter(({ runId }) => runId !== this.info.runId);
    const alive = others.filter((other) => other.alive);
    const rival = this.lapsed ? others.find(({ runId }) => !this.over.has(runId)) : undefined;
    this.lapsed = false;
    if (rival) this.events.onFenced(rival);
    // Unless this process stood still since it renewed its heartbeat, for long enough for one to have come and gone.
    if (this.sinceMs(at) < LEASE_MS / 2)
      for (const { runId, alive } of others) if (!alive) this.over.add(runId);
    this.events.onBeat(alive);
    const wanted = await this.store.wanted(this.id);
    if (wanted) this.events.onWanted(wanted);
  }

  private beaten(at: Moment): void {
    this.lastBeat = at;
    this.failingSince = undefined;
    if (this.fresh) for (const resolve of this.waiting.splice(0)) resolve();
  }
}
