import type { ExitName } from "../../exit-codes.ts";
import { formatCount, formatCounted } from "../../output/format.ts";
import type { ImportTotals } from "../../pool/import.ts";
import type { Deps } from "../deps.ts";
import type { Interrupt } from "../interrupt.ts";

/** What an import ends with. */
export function exitOf({ bad }: ImportTotals, { exit }: Interrupt): ExitName {
  return exit ?? (bad > 0 ? "partial" : "done");
}

/** What became of what was read; `thing` is what one of it is called. */
export function describeTotals(
  { imported, known, used, expired, bad }: ImportTotals,
  thing: string,
  dryRun: boolean,
): string[] {
  return [
    `${formatCounted(imported, "code")} ${dryRun ? "would be imported" : "imported"}`,
    `${formatCount(known)} already there`,
    ...(used > 0 ? [`${formatCount(used)} already used`] : []),
    `${formatCount(expired)} expired`,
    formatCounted(bad, `bad ${thing}`),
  ];
}

/** What is said of codes that were taken, though something about them is odd. */
export function oddTalk() {
  let example = "";
  return {
    note: (openId: string, place: string) => {
      example = `'${openId}' (${place})`;
    },
    lines: ({ imported, known, used, overlong, oddOpenIds }: ImportTotals): string[] => {
      const good = imported + known + used;
      const lines: string[] = [];
      if (oddOpenIds > 0)
        lines.push(
          `${formatCount(oddOpenIds)} of ${formatCounted(good, "code")} for openIds that don't look like WeChat's (28 letters, digits, _ and -), such as ${example}`,
        );
      if (overlong > 0)
        lines.push(
          `${formatCount(overlong)} of ${formatCounted(good, "code")} with an expiry more than 8 days away, but codes live at most 7 days; check the expiry times`,
        );
      return lines;
    },
  };
}

/** How an import's counts are shown. */
export interface ImportView<T> {
  /** As JSON and pipes have them. */
  document(totals: T): Record<string, number> & { bad: number };
  /** As a line for a person. */
  text(totals: T): string;
  /** What to do about the bad ones. */
  hint: string;
  /** Nothing is changed. */
  dryRun: boolean;
}

/** What an import tells on its way. */
export interface ImportEvents<T> {
  onBad(place: string, why: string): void;
  onStep(totals: T): void;
}

/** Runs an import with a progress line and shows its counts, also how far it came when it breaks off. */
export async function runImport<T>(
  deps: Deps,
  view: ImportView<T>,
  work: (events: ImportEvents<T>) => Promise<T>,
): Promise<T> {
  const { out } = deps;
  const progress = out.progress();
  let reached: T | undefined;
  const show = (totals: T, more: { complete?: false } = {}) => {
    progress.done();
    return showTotals(
      deps,
      { ...view.document(totals), ...more, dryRun: view.dryRun },
      view.text(totals),
      view.hint,
    );
  };
  try {
    const totals = await work({
      onBad: (place, why) => out.warn(`${place}: ${why}`),
      onStep: (now) => {
        reached = now;
        progress.update(() => view.text(now));
      },
    });
    await show(totals);
    return totals;
  } catch (error) {
    if (reached) await show(reached, { complete: false });
    throw error;
  } finally {
    progress.done();
  }
}

async function showTotals(
  { out, note }: Deps,
  document: Record<string, number | boolean> & { bad: number },
  text: string,
  hint: string,
): Promise<void> {
  const counts = Object.entries(document).filter(
    (entry): entry is [string, number] => typeof entry[1] === "number",
  );
  note({ counts: Object.fromEntries(counts) });
  if (out.quiet && out.format !== "json") return;
  if (out.format !== "human") await out.document(document);
  else out.data(text);
  if (document.bad > 0) out.talk(`hint: ${hint}`);
  else if (out.format === "human" && (document.imported ?? 0) !== 0) out.talk(nextStep(document));
}

function nextStep({ dryRun, complete }: Record<string, number | boolean>): string {
  if (dryRun === true) return "next: run the same command without --dry-run to import";
  return complete === false
    ? "next: import again; what is already there is skipped"
    : "next: push-cli pool stats  (to see how many users can be reached)";
}
