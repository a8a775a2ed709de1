import { OUTCOMES, type Outcome } from "../broadcast/outcome.ts";
import { formatCount, formatShare } from "../output/format.ts";
import type { ReportData } from "./data.ts";
import { wholeOf } from "./headline.ts";
import { type Html, html } from "./html.ts";

/** One part of the bar, and row of the table below it. */
interface Slice {
  name: Exclude<Outcome, "skipped"> | "to_go";
  count: number;
  words: string;
}

const LABELS: Record<Slice["name"], string> = {
  sent: "Sent",
  no_code: "Not reachable",
  rejected: "Rejected",
  failed: "Failed",
  unknown: "Unknown",
  invalid: "Invalid row",
  suppressed: "Suppressed",
  held_out: "Held out",
  capped: "Capped",
  to_go: "To go",
};

/** What became of everybody, as one bar and a table. */
export function renderOutcomes(data: ReportData): Html {
  const slices = slicesOf(data);
  const whole = slices.reduce((sum, { count }) => sum + count, 0);
  const body =
    wholeOf(data.view) === null
      ? html`<p>The runs of this broadcast kept no counts: <code>--exact</code> counts from the ledgers.</p>`
      : html`${renderBar(slices, whole)}${renderTable(slices, whole)}${renderOpen(data)}`;
  return html`<section aria-labelledby="recipients"><h2 id="recipients">Recipients</h2>${body}</section>`;
}

function slicesOf({ view: { result }, wordsOf }: ReportData): Slice[] {
  const { outcomes, toGo } = result;
  if (outcomes === null) return [];
  const names = OUTCOMES.filter((name) => name !== "skipped");
  const some = names.filter((name) => outcomes[name] > 0 || name === "sent");
  const slices: Slice[] = some.map((name) => ({ name, count: outcomes[name], words: wordsOf(name) }));
  return toGo ? [...slices, { name: "to_go", count: toGo, words: "no outcome yet" }] : slices;
}

const BAR_WIDTH = 1000;
/** So that a few among many can still be seen. */
const MIN_WIDTH = 4;

function renderBar(slices: readonly Slice[], whole: number): Html {
  const shown = slices.filter(({ count }) => count > 0);
  const wanted = shown.map(({ count }) => Math.max(MIN_WIDTH, (count / whole) * BAR_WIDTH));
  const factor = BAR_WIDTH / wanted.reduce((sum, width) => sum + width, 0);
  let x = 0;
  const parts = shown.map(({ name }, i) => {
    const width = wanted[i]! * factor;
    x += width;
    return html`<rect class="c-${name}" x="${(x - width).toFixed(2)}" y="0" width="${width.toFixed(2)}" height="10"/>`;
  });
  const text = shown.map(
    ({ name, count }) => `${LABELS[name]} ${formatCount(count)}, ${formatShare(count, whole)}`,
  );
  const label = `Recipients by outcome: ${text.join("; ") || "nobody yet"}`;
  return html`<svg class="bar" role="img" aria-label="${label}" viewBox="0 0 ${BAR_WIDTH} 10" preserveAspectRatio="none">${parts}</svg>`;
}

function renderTable(slices: readonly Slice[], whole: number): Html {
  const rows = slices.map(
    ({
      name,
      count,
      words,
    }) => html`<tr><th scope="row"><svg class="key" aria-hidden="true" viewBox="0 0 10 10"><rect class="c-${name}" width="10" height="10" rx="2"/></svg>${LABELS[name]}<span class="note">${words}</span></th><td class="n">${formatCount(count)}</td><td class="n">${formatShare(count, whole)}</td></tr>
`,
  );
  return html`<table><thead><tr><th scope="col">Outcome</th><th scope="col" class="n">Users</th><th scope="col" class="n">Share</th></tr></thead>
<tbody>${rows}</tbody></table>`;
}

/** They are among those to go, so the table must not count them again. */
function renderOpen({ view: { result } }: ReportData): Html | undefined {
  if (!result.open) return undefined;
  return html`<p class="note">For ${formatCount(result.open)} of the users to go, a send had begun whose outcome is not known.</p>`;
}
