/** What would be appended to a pool. */
export interface RehearsedPool<Item> {
  name: string;
  items: readonly Item[];
}

/**
 * Pushes that only look, of which a later one has to see what an earlier one would have appended: what a pool was to get
 * before comes with it again, and is taken off the numbers of the reply. Holds all that it was asked for.
 */
export class Rehearsal<Item, Reply extends object> {
  private readonly before = new Map<string, { items: readonly Item[]; reply: Reply }>();
  private readonly look: (pools: RehearsedPool<Item>[]) => Promise<Reply[]>;

  constructor(look: (pools: RehearsedPool<Item>[]) => Promise<Reply[]>) {
    this.look = look;
  }

  /** Not to be called again for a pool whose reply is not there yet. */
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
