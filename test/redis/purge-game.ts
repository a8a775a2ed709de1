import fc from "fast-check";
import { expect } from "vitest";
import type { PoolStore } from "../../src/pool/ports.ts";
import { type PurgeSums, purgeToTheEnd } from "./purge-to-the-end.ts";

/** A kind of entry: how one is written, how many permissions of it a purge takes, and what it leaves. */
export interface EntryKind {
  make(id: string): string;
  expired: number;
  left(id: string): string | undefined;
  unreadable?: true;
}

/** An entry that a purge takes, and one that it leaves as it is. */
export const goes = (make: (id: string) => string): EntryKind => ({
  make,
  expired: 1,
  left: () => undefined,
});
export const stays = (make: (id: string) => string): EntryKind => ({ make, expired: 0, left: make });

/** Where pools are purged. */
export interface Ground {
  store: Pick<PoolStore, "purge">;
  /** Of the n-th pool. */
  name(n: number): string;
  clear(): Promise<unknown>;
  put(name: string, entries: string[]): Promise<unknown>;
  entries(name: string): Promise<string[]>;
}

/** Purges pools of all kinds of entries, and compares sums and pools with what the kinds say. */
export async function playPurges(
  kinds: readonly EntryKind[],
  ground: Ground,
  numRuns: number,
): Promise<void> {
  /** Runs of one kind, so that pools of some length have long stretches of plain entries, too. */
  const stretch = fc.tuple(fc.constantFrom(...kinds), fc.oneof(fc.nat(3), fc.nat(3), fc.nat(90)));
  const pool = fc
    .array(stretch, { maxLength: 5 })
    .map((stretches) => stretches.flatMap(([kind, count]) => Array.from({ length: count }, () => kind)));
  const game = fc.record({
    pools: fc.array(pool, { minLength: 1, maxLength: 3 }),
    dryRun: fc.boolean(),
    maxCommands: fc.option(fc.integer({ min: 1, max: 200 }), { nil: undefined }),
  });
  const play = async ({
    pools,
    dryRun,
    maxCommands,
  }: typeof game extends fc.Arbitrary<infer T> ? T : never) => {
    await ground.clear();
    const before = pools.map((entries) => entries.map((kind, i) => kind.make(`f${i}`)));
    const after = pools.map((entries) => entries.flatMap((kind, i) => kind.left(`f${i}`) ?? []));
    const names = pools.map((_, n) => ground.name(n));
    for (const [n, name] of names.entries()) if (before[n]!.length > 0) await ground.put(name, before[n]!);
    const sums = await purgeToTheEnd(ground.store, names, dryRun, maxCommands);
    expect(sums).toEqual(expectedSums(pools, after));
    for (const [n, name] of names.entries())
      expect(await ground.entries(name)).toEqual((dryRun ? before : after)[n]);
  };
  await fc.assert(fc.asyncProperty(game, play), { numRuns });
}

function expectedSums(pools: EntryKind[][], after: string[][]): PurgeSums {
  const sums = { scanned: pools.length, changed: 0, removed: 0, expired: 0, unreadable: 0 };
  for (const [n, entries] of pools.entries()) {
    const expired = entries.reduce((sum, kind) => sum + kind.expired, 0);
    sums.expired += expired;
    sums.changed += expired > 0 ? 1 : 0;
    sums.removed += expired > 0 && after[n]!.length === 0 ? 1 : 0;
    sums.unreadable += entries.filter((kind) => kind.unreadable).length;
  }
  return sums;
}
