export interface Sample {
  openIds: string[];
  /** How many there were to choose from. */
  total: number;
}

/**
 * Draws `size` openIds out of all pages, every one with the same chance, in memory for those alone (reservoir sampling).
 * Not the first ones that SCAN shows: its order hangs on the names and on the size of the table, and how much of the
 * keyspace it has seen by then is a guess. `random` gives numbers in [0, 1).
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
