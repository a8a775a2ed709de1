import { usageError } from "../../errors.ts";

/** The value of --match. Throws a usage error for one that can match nobody. */
export function checkPattern(pattern: string): string {
  if (pattern !== "") return pattern;
  throw usageError("--match '' matches no openId", "use a quoted pattern such as --match 'oAB*'");
}
