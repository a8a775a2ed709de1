import { usageError } from "../../errors.ts";

/** "5%", "0.5%" -> 0.05, 0.005. Throws a usage error unless it is more than 0% and less than 100%. */
export function parseShare(text: string, name: string): number {
  const percent = Number(/^(\d{1,2}(?:\.\d{1,6})?)%$/.exec(text)?.[1]);
  if (percent > 0) return Number((percent / 100).toFixed(8));
  throw usageError(
    `${name} '${text}' is not a share of users`,
    `more than 0% and less than 100%, such as ${name} 5% or ${name} 0.5%`,
  );
}

/** 0.05 -> "5%", as it was given. */
export function formatPercent(share: number): string {
  return `${Number((share * 100).toFixed(6))}%`;
}
