import { usageError } from "../../errors.ts";

/** Visible characters, with single spaces between them. */
const SEED = /^(?=.{1,64}$)[\p{L}\p{M}\p{N}\p{P}\p{S}]+( [\p{L}\p{M}\p{N}\p{P}\p{S}]+)*$/u;

/** What users are drawn by: `--seed`, else the broadcast's id. Throws a usage error for a text that can't be typed again. */
export function parseSeed({ seed }: { seed?: string }, id: string): string {
  if (seed === undefined) return id;
  if (SEED.test(seed)) return seed;
  throw usageError(
    `--seed ${JSON.stringify(seed)} is not 1 to 64 printable characters`,
    "any text that you can give again, such as --seed spring-2026",
  );
}
