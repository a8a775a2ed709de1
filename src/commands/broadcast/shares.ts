import { usageError } from "../../errors.ts";

/** "5%", "0.5%" -> 0.05, 0.005. Throws a usage error unless it is more than 0% and less than 100%. */
export function parseShare(text: string, name: string): number {
  const share = readShare(text) ?? 0;
  if (share > 0 && share < 1) return share;
  throw usageError(
    `${name} '${text}' is not a share of users`,
    `more than 0% and less than 100%, such as ${name} 5% or ${name} 0.5%`,
  );
}

/** "2.5%" -> 0.025, of 0% to 999%. Undefined for anything else. */
export function readShare(text: string): number | undefined {
  const percent = /^(\d{1,3}(?:\.\d{1,6})?)%$/.exec(text)?.[1];
  return percent === undefined ? undefined : Number((Number(percent) / 100).toFixed(8));
}

/** 0.05 -> "5%", as it was given. */
export function formatPercent(share: number): string {
  return `${Number((share * 100).toFixed(6))}%`;
}
