import type { FoundPrefix } from "./ports.ts";

/** Where pools are stored, according to the settings. */
export interface PoolPlace {
  /** The parts of a pool's key before and after the openId. */
  poolPrefix: string;
  poolSuffix: string;
}

/** The prefix of pool keys, or the whole pattern with a % for the openId. */
export function showPoolKey({ poolPrefix, poolSuffix }: PoolPlace): string {
  return poolSuffix === "" ? poolPrefix : `${poolPrefix}%${poolSuffix}`;
}

/**
 * The flags that select the place where pools were found instead of the configured one, quoted for a shell.
 */
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
