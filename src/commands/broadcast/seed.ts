import { usageError } from "../../errors.ts";

/** The text that decides, with an openId, whom a random choice falls on: `--seed`, or the broadcast's id. */
export function parseSeed({ seed }: { seed?: string | undefined }, id: string): string {
  if (seed === undefined) return id;
  if (/^[\x20-\x7e]{1,64}$/.test(seed)) return seed;
  throw usageError(`--seed: "${seed}" is not a seed`, "1 to 64 printable ASCII characters");
}
