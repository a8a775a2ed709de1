/** What would be appended to a pool. */
export interface RehearsedPool<Item> {
  name: string;
  items: readonly Item[];
}

/**
 * Pushes that only read, where a later one has to see what earlier ones would have appended: items that a pool was to
 * get before are sent again with it, and subtracted from the numbers in the reply. Holds all items it was called with.
 */
export class Rehearsal<Item, Reply extends object> {
  private readonly before = new Map<string, { items: readonly Item[]; reply: Reply }>();
  private readonly look: (pools: RehearsedPool<Item>[]) => Promise<Reply[]>;

  constructor(look: (pools: RehearsedPool<Item>[]) => Promise<Reply[]>) {
    this.look = look;
  }

  /** Must not be called again for a pool before its reply has arrived. */
  async push(pools: readonly RehearsedPool<Item>[]): Promise<Reply[]> {
    const whole = pools.map(({ name, items }) => ({
      name,
      items: [...(this.before.get(name)?.items ?? []), ...items],
    }));
    const replies = await this.look(whole);
    return replies.map((reply, i) => {
      const { name, items } = whole[i]!;
      const earlier = this.before.get(name)?.reply;
      this.before.set(name, { items, reply });
      return earlier ? without(reply, earlier) : reply;
    });
  }
}

function without<Reply extends object>(reply: Reply, earlier: Reply): Reply {
  const counts = Object.entries(reply).map(([name, count]) => {
    const before: unknown = earlier[name as keyof Reply];
    return [name, typeof count === "number" && typeof before === "number" ? count - before : count];
  });
  return Object.fromEntries(counts) as Reply;
}
