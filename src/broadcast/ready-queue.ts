/** A first-in first-out queue between one producer and many workers; `take` waits while it is empty. */
export class ReadyQueue<T> {
  private items: (T | undefined)[] = [];
  private head = 0;
  private waiting: ((item: T | undefined) => void)[] = [];
  private closed = false;

  get length(): number {
    return this.items.length - this.head;
  }

  push(item: T): void {
    const waiter = this.waiting.shift();
    if (waiter) waiter(item);
    else this.items.push(item);
  }

  /** Gives the next item to the taker, at once when there is one; undefined once the queue is closed. */
  take(taker: (item: T | undefined) => void): void {
    if (this.closed) taker(undefined);
    else if (this.length > 0) taker(this.shift());
    else this.waiting.push(taker);
  }

  /** Returns what was not taken; takers stay. */
  drain(): T[] {
    const rest = this.items.slice(this.head) as T[];
    this.items = [];
    this.head = 0;
    return rest;
  }

  /** Ends all present and later takers; returns what was not taken. */
  close(): T[] {
    this.closed = true;
    for (const waiter of this.waiting.splice(0)) waiter(undefined);
    return this.drain();
  }

  private shift(): T {
    const item = this.items[this.head]!;
    // Drops the reference to what was taken: objects kept alive longer are expensive for the garbage collector.
    this.items[this.head++] = undefined;
    // Cutting off the consumed front occasionally keeps shift cheap and memory bounded.
    if (this.head >= 1024) {
      this.items = this.items.slice(this.head);
      this.head = 0;
    }
    return item;
  }
}
