import type { PoolStore } from "./ports.ts";
import { eachBatch } from "./read-pools.ts";

interface WalkOptions<Line, Totals> {
  /** A glob on the openId. */
  match?: string | undefined;
  write(lines: Line[]): Promise<void>;
  onStep?: ((totals: Totals) => void) | undefined;
  signal: AbortSignal;
}

/**
 * Writes the lines that `toLines` returns for each entry, and counts the pools in `totals`. Each pool's lines are in its
 * order; lines of several pools may be interleaved. Holds one batch of pools at a time, and of a long pool only a piece.
 */
export async function walkEntries<Line, Totals extends { pools: number }>(
  store: Pick<PoolStore, "read" | "sweep">,
  options: WalkOptions<Line, Totals>,
  totals: Totals,
  toLines: (openId: string, raw: string) => readonly Line[],
): Promise<Totals> {
  const readOut = async (openIds: string[]): Promise<number> => {
    const met = new Set<number>();
    await store.read(openIds, (pieces) => {
      const lines: Line[] = [];
      for (const { index, entries } of pieces) {
        met.add(index);
        for (const raw of entries) lines.push(...toLines(openIds[index]!, raw));
      }
      return lines.length === 0 || options.signal.aborted ? undefined : options.write(lines);
    });
    return met.size;
  };
  for await (const met of eachBatch(store.sweep({ match: options.match }), readOut)) {
    totals.pools += met;
    if (options.signal.aborted) return totals;
    options.onStep?.(totals);
  }
  return totals;
}
