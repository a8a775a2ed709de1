import { formatCount, formatCounted } from "../output/format.ts";
import type { PassedOver } from "../pool/ports.ts";
import type { Deps, SendOf } from "./deps.ts";

/**
 * Warns of keys that the last sweep of the pools has passed over or taken for pools of odd openIds: a user left out without
 * a word is the worst of both.
 */
export async function warnOfPassed(deps: Deps, of?: SendOf): Promise<void> {
  const { passedOver, keyOf } = (await deps.stores(of)).pools;
  for (const warning of describePassed(passedOver, keyOf("*"))) deps.out.warn(`warning: ${warning}`);
}

/** `place`: what the keys of pools look like. */
export function describePassed(passed: PassedOver, place: string): string[] {
  const { keys, example, pools, odd, oddExample } = passed;
  const warnings: string[] = [];
  if (keys > 0) {
    const tag = /^([^{}]*)\{[^{}]+\}([^{}]*)$/.exec(example ?? "");
    const way = tag ? `; to read such keys, use --pool-key '${tag[1]}{%}${tag[2]}'` : "";
    warnings.push(
      `${formatCounted(keys, "key")} under '${place}' ${keys === 1 ? "was" : "were"} skipped: ` +
        `can't tell the openId in '${example}'${way}`,
    );
  }
  if (odd > 0) {
    const share = odd === pools ? "" : `${formatCount(odd)} of `;
    warnings.push(
      `${share}${formatCounted(pools, "pool")} ${pools === 1 ? "has" : "have"} a key with more than an openId ` +
        `in it, such as '${oddExample}'; --pool-key tells where the openId is`,
    );
  }
  return warnings;
}
