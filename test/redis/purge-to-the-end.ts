import type { PoolStore, PurgeStep } from "../../src/pool/ports.ts";

/** Purges in as many calls as it takes; the steps of each pool summed up. */
export async function purgeToTheEnd(pools: PoolStore, openIds: string[], dry: boolean): Promise<PurgeStep[]> {
  const sums = openIds.map(
    (): PurgeStep => ({ expired: 0, unreadable: 0, changed: false, kept: 0, exists: false }),
  );
  let open = openIds.map((openId, at) => ({ openId, at, from: 0 }));
  while (open.length > 0) {
    const steps = await pools.purge(open, dry);
    for (const [i, { at }] of open.entries()) {
      const { expired, unreadable, changed, kept, exists } = steps[i]!;
      const sum = sums[at]!;
      sums[at] = {
        expired: sum.expired + expired,
        unreadable: sum.unreadable + unreadable,
        changed: sum.changed || changed,
        kept: sum.kept + kept,
        exists,
      };
    }
    open = open.flatMap(({ openId, at }, i) => {
      const from = steps[i]!.more;
      return from === undefined ? [] : [{ openId, at, from }];
    });
  }
  return sums;
}
