import type { FoundPrefix } from "./ports.ts";

/** Where pools are looked for, as the settings say it. */
export interface PoolPlace {
  /** What a pool's key has before the openId, and behind it. */
  poolPrefix: string;
  poolSuffix: string;
}

/** What pools' keys begin with, or their whole form with a % for the openId. */
export function showPoolKey({ poolPrefix, poolSuffix }: PoolPlace): string {
  return poolSuffix === "" ? poolPrefix : `${poolPrefix}%${poolSuffix}`;
}

/** The flags that lead from the place that is set to where pools were found, quoted for a shell. */
export function placeFlags(
  { prefix, suffix = "", form }: FoundPrefix,
  settings: PoolPlace & { poolKeys: "plain" | "java" },
): string[] {
  const shown = showPoolKey({ poolPrefix: prefix, poolSuffix: suffix });
  const word = /^[\w:./@#+-]+$/.test(shown) ? shown : `'${shown.replaceAll("'", "'\\''")}'`;
  const isOwn = prefix === settings.poolPrefix && suffix === settings.poolSuffix;
  return [
    ...(form === settings.poolKeys ? [] : [`--pool-keys ${form}`]),
    ...(isOwn ? [] : [`${suffix === "" ? "--pool-prefix" : "--pool-key"} ${word}`]),
  ];
}
