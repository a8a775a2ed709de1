import type { CapRule } from "../../broadcast/caps.ts";
import { LEDGER_LIFE_MS } from "../../broadcast/policy.ts";
import { parseDuration } from "../../config/durations.ts";
import { usageError } from "../../errors.ts";

/** Each of them is looked up for every record of a ledger that is read. */
const MAX_CAPS = 5;
/** Far fewer than the records of a ledger that are read. */
const MAX_COUNT = 100;

/** "1/24h", "3/7d", several with commas. Throws a usage error. */
export function parseCaps(texts: readonly string[]): CapRule[] {
  const rules = texts.flatMap((text) => text.split(",")).map(parseCap);
  if (rules.length <= MAX_CAPS) return rules;
  throw usageError(
    `--cap is given ${rules.length} times; the maximum is ${MAX_CAPS}`,
    "leave out the loosest",
  );
}

function parseCap(text: string): CapRule {
  const [, digits = "", time = ""] = /^(\d+)\/(.+)$/.exec(text) ?? [];
  const count = Number(digits);
  if (digits === "" || count < 1 || count > MAX_COUNT)
    throw usageError(
      `--cap '${text}' is not a number of messages and a time`,
      `1 to ${MAX_COUNT} messages, such as --cap 1/24h or --cap 3/7d`,
    );
  const withinMs = parseDuration(time, `--cap '${text}'`);
  if (withinMs < 1)
    throw usageError(
      `--cap '${text}' has no time in it`,
      "such as --cap 1/24h: at most 1 message in 24 hours",
    );
  if (withinMs > LEDGER_LIFE_MS)
    throw usageError(
      `--cap '${text}' looks back more than 7 days`,
      "ledgers expire after 8 days, so push-cli can't tell what was sent before; the longest is 7d",
    );
  return { count, withinMs };
}

const UNITS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1000],
] as const;

/** As it may be given: "1/24h", "3/7d". */
export function formatCap({ count, withinMs }: CapRule): string {
  // A day is 24h here, as people say it of caps.
  const unit = UNITS.find(([name, ms]) => withinMs % ms === 0 && (name !== "d" || withinMs > ms));
  return `${count}/${unit ? `${withinMs / unit[1]}${unit[0]}` : `${withinMs}ms`}`;
}
