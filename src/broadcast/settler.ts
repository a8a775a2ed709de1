import type { Clock } from "../clock.ts";
import type { Ledger, Settlement } from "./ports.ts";

/** Settlements per script call: less than a millisecond of Redis' time. */
const BATCH = 128;
/** How long a settlement waits for others to share its call, ms. */
const LINGER_MS = 5;
/** The newest settlements, which a server that takes the place of another may not have: at full speed those of some seconds. */
const KEPT = 16_384;

export interface SettlerEvents<T> {
  /** It is in the ledger, or (false) the claim was no longer this run's. */
  onSettled(item: T, settled: boolean): void;
  /** The ledger could not be reached; the batch stays claimed. */
  onFailure(error: unknown): void;
  /** A batch is done. */
  onChange(): void;
}

/**
 * Collects settlements and writes them in batches, by count and by time. After the connection to Redis was lost, it writes the
 * newest ones again: at a failover, Redis loses what it had acknowledged and not copied yet.
 */
export class Settler<T extends { settlement: Settlement }> {
  /** How many were added and are not in the ledger yet. */
  size = 0;
  private batch: T[] = [];
  private readonly writes = new Set<Promise<void>>();
  private timer: Promise<void> | undefined;
  /** What was written, batch by batch. */
  private readonly kept: Settlement[][] = [];
  private keptSize = 0;
  /** Of the ledger, when what is kept was written last. */
  private connections: number;
  private catching: Promise<void> | undefined;

  private readonly ledger: Ledger;
  private readonly clock: Clock;
  private readonly events: SettlerEvents<T>;

  constructor(ledger: Ledger, clock: Clock, events: SettlerEvents<T>) {
    this.ledger = ledger;
    this.clock = clock;
    this.events = events;
    this.connections = ledger.connections;
  }

  add(item: T): void {
    this.size++;
    this.batch.push(item);
    if (this.batch.length >= BATCH) this.flush();
    else this.timer ??= this.linger();
  }

  /** Resolves when everything added so far is written, on the server that is there now, or has failed. */
  async drain(): Promise<void> {
    this.flush();
    while (this.writes.size > 0) await Promise.all(this.writes);
    await this.catchUp();
  }

  /**
   * Resolves once the server that is there now has what was written before. To be awaited before claims: users whose outcome it
   * lacks would be claimed again.
   */
  async catchUp(): Promise<void> {
    if (this.ledger.connections === this.connections) return;
    this.catching ??= this.writeAgain().finally(() => {
      this.catching = undefined;
    });
    await this.catching;
  }

  private async linger(): Promise<void> {
    await this.clock.sleep(LINGER_MS);
    this.timer = undefined;
    this.flush();
  }

  private flush(): void {
    if (this.batch.length === 0) return;
    const items = this.batch;
    this.batch = [];
    const write = this.write(items).finally(() => {
      this.size -= items.length;
      this.writes.delete(write);
      this.events.onChange();
    });
    this.writes.add(write);
  }

  private async write(items: T[]): Promise<void> {
    const settlements = items.map(({ settlement }) => settlement);
    let settled: boolean[];
    try {
      settled = await this.ledger.settle(settlements);
    } catch (error) {
      return this.events.onFailure(error);
    }
    for (const [i, item] of items.entries()) this.events.onSettled(item, settled[i] === true);
    this.keep(settlements);
    await this.catchUp();
  }

  private keep(settlements: Settlement[]): void {
    this.kept.push(settlements);
    this.keptSize += settlements.length;
    while (this.keptSize > KEPT) this.keptSize -= this.kept.shift()!.length;
  }

  private async writeAgain(): Promise<void> {
    while (this.ledger.connections !== this.connections) {
      const { connections } = this.ledger;
      const kept = this.kept.flat();
      try {
        // What is settled stays as it is, and what another run has is left to it.
        for (let at = 0; at < kept.length; at += BATCH) await this.ledger.settle(kept.slice(at, at + BATCH));
      } catch (error) {
        return this.events.onFailure(error);
      }
      this.connections = connections;
    }
  }
}
