import { sumWithheld } from "../../broadcast/outcome.ts";
import { WITHHELD, type Withheld } from "../../broadcast/policy.ts";
import { formatCount } from "../../output/format.ts";
import type { Fact } from "./question.ts";

type Counts = Record<Withheld, number>;

/** From how many users the message is withheld, and why: "suppressed 3, capped 1". */
export function describeWithheld(counts: Counts): string {
  const some = WITHHELD.filter((name) => counts[name] > 0);
  return some.map((name) => `${name} ${formatCount(counts[name])}`).join(", ");
}

/** The same as a fact; none where it is withheld from nobody. */
export function withheldFacts(counts: Counts): Fact[] {
  return sumWithheld(counts) === 0 ? [] : [["not sent to", describeWithheld(counts)]];
}
