import { untilWhole } from "../errors.ts";
import { formatCount } from "../output/format.ts";
import type { Deps, SendOf } from "./deps.ts";

/** How many pools there are, or those of openIds like `match`, by SCAN, with progress; `what` is what they are called. */
export async function countPools(
  deps: Deps,
  what: "users" | "pools",
  match?: string,
  of?: SendOf,
): Promise<number> {
  const { pools } = await deps.stores(of);
  const progress = deps.out.progress();
  const count = await untilWhole(async () => {
    let total = 0;
    for await (const page of pools.sweep({ match })) {
      total += page.length;
      progress.update(() => `counting: ${formatCount(total)} ${what}`);
    }
    return total;
  });
  progress.done();
  return count;
}
