import type { Clock } from "../clock.ts";
import type { Ledger, Settlement } from "./ports.ts";

/** Settlements per script call: less than a millisecond of Redis' time. */
const BATCH = 128;
/** How long a settlement waits for others to share its call, ms. */
const LINGER_MS = 5;

export interface SettlerEvents<T> {
  /** It is in the ledger, or (false) the claim was no longer this run's. */
  onSettled(item: T, settled: boolean): void;
  /** The ledger could not be reached; the batch stays claimed. */
  onFailure(error: unknown): void;
  /** A batch is done. */
  onChange(): void;
}

/** Collects settlements and writes them in batches, by count and by time. */
export class Settler<T extends { settlement: Settlement }> {
  /** How many were added and are not in the ledger yet. */
  size = 0;
  private batch: T[] = [];
  private readonly writes = new Set<Promise<void>>();
  private timer: Promise<void> | undefined;

  private readonly ledger: Ledger;
  private readonly clock: Clock;
  private readonly events: SettlerEvents<T>;

  constructor(ledger: Ledger, clock: Clock, events: SettlerEvents<T>) {
    this.ledger = ledger;
    this.clock = clock;
    this.events = events;
  }

  add(item: T): void {
    this.size++;
    this.batch.push(item);
    if (this.batch.length >= BATCH) this.flush();
    else this.timer ??= this.linger();
  }

  /** Resolves when everything added so far is written or has failed. */
  async drain(): Promise<void> {
    this.flush();
    while (this.writes.size > 0) await Promise.all(this.writes);
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
    let settled: boolean[];
    try {
      settled = await this.ledger.settle(items.map(({ settlement }) => settlement));
    } catch (error) {
      return this.events.onFailure(error);
    }
    for (const [i, item] of items.entries()) this.events.onSettled(item, settled[i] === true);
  }
}
