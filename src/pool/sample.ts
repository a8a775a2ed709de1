export interface Sample {
  openIds: string[];
  /** The number of openIds to choose from. */
  total: number;
}

/**
 * Draws `size` openIds from all pages, each with the same probability, keeping only those in memory (reservoir
 * sampling). The first ones that SCAN returns would not do: its order depends on the names and the size of the hash
 * table, and which part of the keyspace it has covered by then is a guess. `random` returns numbers in [0, 1).
 */
export async function drawSample(
  pages: AsyncIterable<string[]>,
  size: number,
  random: () => number,
  onStep?: (total: number) => void,
): Promise<Sample> {
  const openIds: string[] = [];
  let total = 0;
  for await (const page of pages) {
    for (const openId of page) {
      total++;
      if (openIds.length < size) openIds.push(openId);
      else {
        const at = Math.floor(random() * total);
        if (at < size) openIds[at] = openId;
      }
    }
    onStep?.(total);
  }
  return { openIds, total };
}
