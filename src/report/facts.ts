import { formatCount } from "../output/format.ts";
import type { ReportData } from "./data.ts";
import { foreign, type Html, html } from "./html.ts";

/** What was asked for: audience, limits, times. */
export function renderSettings({ settings }: ReportData): Html {
  const rows = settings.map(
    ([name, text]) => html`<div><dt>${name}</dt><dd>${foreign(text)}</dd></div>
`,
  );
  return html`<section aria-labelledby="settings"><h2 id="settings">Settings</h2><dl class="facts">${rows}</dl></section>`;
}

const CODES = [
  ["spent", "used for a message that was sent, or may have been"],
  ["refused", "refused by the platform as used or invalid"],
  ["expired", "found expired, and removed"],
  ["released", "claimed, not used, and put back"],
] as const;

/** What became of the codes or consents that were claimed. */
export function renderCodes({ spends, view: { result } }: ReportData): Html | undefined {
  if (spends === undefined) return undefined;
  const rows = CODES.map(
    ([
      name,
      words,
    ]) => html`<tr><th scope="row">${name}<span class="note">${words}</span></th><td class="n">${countOf(result.codes[name])}</td></tr>
`,
  );
  const title = spends.charAt(0).toUpperCase() + spends.slice(1);
  return html`<section aria-labelledby="codes"><h2 id="codes">${title}</h2><table><thead><tr><th scope="col">What became of them</th><th scope="col" class="n">Count</th></tr></thead><tbody>${rows}</tbody></table></section>`;
}

/** Users of the audience whom filters left out: they are no recipients. */
export function renderFiltered({ filtered }: ReportData): Html | undefined {
  if (filtered.length === 0) return undefined;
  const rows = filtered.map(
    ([
      option,
      count,
    ]) => html`<tr><th scope="row"><code>${option}</code></th><td class="n">${formatCount(count)}</td></tr>
`,
  );
  return html`<section aria-labelledby="filtered"><h2 id="filtered">Left out by filters</h2><table><thead><tr><th scope="col">Filter</th><th scope="col" class="n">Users</th></tr></thead><tbody>${rows}</tbody></table></section>`;
}

function countOf(count: number | null): string {
  return count === null ? "–" : formatCount(count);
}
