import type { ListedAudience } from "../../broadcast/audience.ts";
import type { Message, Variant } from "../../broadcast/channel.ts";
import type { BroadcastResult } from "../../broadcast/record.ts";
import { createRenderer, withTexts } from "../../broadcast/values.ts";
import { eachVariant } from "../../broadcast/variants.ts";
import { formatCount, formatCounted, formatShare } from "../../output/format.ts";
import type { Cell } from "../../output/output.ts";
import { cutToWidth } from "../../output/width.ts";
import type { Deps } from "../deps.ts";

interface Shown {
  /** The recipient with whose values texts are shown that have columns. */
  first: ListedAudience["first"];
  /** How many users each variant would be sent to, where they were counted. */
  users: readonly number[] | undefined;
  /** Another command would draw other users. */
  isSeedFresh: boolean | undefined;
}

/** The values of a message, or of each variant with its share and its users. */
export function textFacts(
  message: Message,
  { first, users, isSeedFresh }: Shown,
): [name: string, text: string][] {
  const { variants } = message;
  if (!variants) return fieldFacts(message, first);
  const facts = eachVariant(message).flatMap((one, i): [string, string][] => {
    const { name, share } = variants.list[i]!;
    const count = users?.[i] === undefined ? "" : `: ${formatCounted(users[i], "user")}`;
    return [[`variant ${name}`, `${describeShare(share)}${count}`], ...fieldFacts(one.message, first)];
  });
  const once = isSeedFresh ? " (drawn anew each time, unless --seed or --id is given)" : "";
  return [...facts, ["seed", `${variants.seed}${once}`]];
}

function fieldFacts(message: Message, first: Shown["first"]): [name: string, text: string][] {
  const render = createRenderer(message);
  const { fields, options } = render && first ? withTexts(message, render(first.row)) : message;
  if (fields.length === 0) return [["keywords", "none: the message is blank (no --keywords)"]];
  return fields.map(({ name, label, value }, i) => {
    const large = options?.emphasis === `${i + 1}` ? " (large)" : "";
    return [label ? `${label} (${name})` : name, value.trim() === "" ? "(empty)" : `${value}${large}`];
  });
}

/** More would not fit on a screen with everything else; --full shows all. */
const MAX_IN_BRIEF = 4;

/** A line for each variant: its share, and its values in a row. */
export function variantsInBrief({ variants }: Message, room: number): [name: string, text: string][] {
  const list = variants?.list ?? [];
  const facts = list.slice(0, MAX_IN_BRIEF).map(({ name, share, fields }): [string, string] => {
    const words = fields.map(({ value }) => `"${value}"`).join(", ");
    return [`variant ${cutToWidth(name, 12)}`, cutToWidth(`${describeShare(share)}  ${words}`, room)];
  });
  const more = list.length - facts.length;
  return more > 0 ? [...facts, ["", `and ${more} more: --full shows them`]] : facts;
}

/** 0.7: "70%" */
function describeShare(share: Variant["share"]): string {
  return `${Math.round(share * 10_000) / 100}%`;
}

/** What looks wrong about variants: two with the same texts compare nothing. */
export function doubtVariants({ variants }: Message): string | undefined {
  const seen = new Map<string, string>();
  for (const { name, fields } of variants?.list ?? []) {
    const text = JSON.stringify(fields.map(({ value }) => value));
    const other = seen.get(text);
    if (other !== undefined) return `variants ${other} and ${name} have the same texts`;
    seen.set(text, name);
  }
  return undefined;
}

const COLUMNS = [
  { title: "variant" },
  ...["share", "sent", "rejected", "failed", "unknown", "no_code", "rejected %"].map((title) => ({
    title,
    align: "right" as const,
  })),
];

/** What became of each variant's messages; the rejected ones as a share of all that were sent out. Nothing without variants. */
export async function showVariants(
  { out }: Deps,
  { variants }: Pick<BroadcastResult, "variants">,
): Promise<void> {
  if (!variants) return;
  const rows = variants.map(({ name, share, outcomes }): Cell[] => {
    const { sent, rejected, failed, unknown, no_code } = outcomes;
    const counts = [sent, rejected, failed, unknown, no_code].map(formatCount);
    return [name, describeShare(share), ...counts, formatShare(rejected, sent + rejected + failed + unknown)];
  });
  out.data("");
  await out.table(COLUMNS, rows);
}
