import { untilWhole } from "../errors.ts";
import { TopItems } from "./top.ts";

/** A sort has to keep what it lists: the maximum number of pools without a limit. */
const SORTED_MOST = 10_000;

export interface Ranking<Pool> {
  compare(a: Pool, b: Pool): number;
  /** Identifies a pool that SCAN returns twice. */
  keyOf(pool: Pool): string;
}

/**
 * Yields pools as they are found, or the first `limit` by a ranking, which requires reading all of them
 * first.
 */
export async function* rankPools<Pool>(
  find: () => AsyncIterable<Pool[]>,
  ranking: Ranking<Pool> | undefined,
  {
    limit,
    onCut,
  }: { limit?: number | undefined; onCut?: ((kept: number, found: number) => void) | undefined },
): AsyncGenerator<Pool[]> {
  if (!ranking) {
    let left = limit ?? Number.POSITIVE_INFINITY;
    for await (const pools of find()) {
      yield pools.slice(0, left);
      left -= pools.length;
      if (left <= 0) return;
    }
    return;
  }
  const top = await untilWhole(async () => {
    const first = new TopItems(ranking.compare, ranking.keyOf, limit ?? SORTED_MOST);
    for await (const pools of find()) for (const pool of pools) first.add(pool);
    return first;
  });
  const kept = top.sorted();
  if (limit === undefined && top.dropped > 0) onCut?.(kept.length, kept.length + top.dropped);
  yield kept;
}
