import { Option } from "commander";
import { usageError } from "../../errors.ts";

export interface SeedFlags {
  seed?: string;
}

/** What the assignments of --holdout, --variant and --canary have in common. */
export function seedOption(): Option {
  return new Option("--seed <text>", "Text that random assignment depends on (default: the broadcast id)");
}

/** The text that users are drawn by: see `draw`. Throws a usage error for what can't be typed again, or is too long. */
export function parseSeed({ seed }: SeedFlags, id: string): string {
  if (seed === undefined) return id;
  if (/^(?! )[\x20-\x7e]{1,64}(?<! )$/.test(seed)) return seed;
  throw usageError(
    `--seed '${seed}' can't be used`,
    "1 to 64 printable ASCII characters, without spaces around them, such as --seed spring-2026",
  );
}
