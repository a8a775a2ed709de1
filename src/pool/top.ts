/**
 * Keeps the first `limit` items of an order, each name once (its newest item), and holds about twice that many in memory.
 * Sorting now and then and dropping the rest costs about as much as a heap, and names stay easy to find.
 */
export class TopItems<T> {
  private kept = new Map<string, T>();
  /** How many were dropped; a name that comes again after that counts again. */
  private forgotten = 0;
  private readonly compare: (a: T, b: T) => number;
  private readonly nameOf: (item: T) => string;
  private readonly limit: number;
  /** The last of the first `limit` items, once there are that many: items after it need not be kept. */
  private bar: T | undefined;

  constructor(compare: (a: T, b: T) => number, nameOf: (item: T) => string, limit: number) {
    this.compare = compare;
    this.nameOf = nameOf;
    this.limit = limit;
  }

  add(item: T): void {
    const name = this.nameOf(item);
    if (this.bar !== undefined && this.compare(item, this.bar) > 0 && !this.kept.has(name)) {
      this.forgotten++;
      return;
    }
    this.kept.set(name, item);
    if (this.kept.size >= 2 * this.limit + 1000) this.cut();
  }

  /** How many items did not make it, as far as is known from `sorted` or the limit. */
  get dropped(): number {
    return this.forgotten;
  }

  /** The first `limit`, in order. */
  sorted(): T[] {
    this.cut();
    return [...this.kept.values()];
  }

  private cut(): void {
    const order = [...this.kept.values()].sort(this.compare);
    this.forgotten += Math.max(0, order.length - this.limit);
    const first = order.slice(0, this.limit);
    this.kept = new Map(first.map((item) => [this.nameOf(item), item]));
    if (first.length === this.limit) this.bar = first.at(-1);
  }
}
