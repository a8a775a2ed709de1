import { formatTime } from "../output/format.ts";
import type { ReportData } from "./data.ts";
import { renderErrors } from "./errors.ts";
import { renderCodes, renderFiltered, renderSettings } from "./facts.ts";
import { renderHeadline, titleOf } from "./headline.ts";
import { foreign, type Html, html } from "./html.ts";
import { renderMessages } from "./message.ts";
import { renderMissed } from "./missed.ts";
import { renderOutcomes } from "./outcomes.ts";
import { renderRuns } from "./runs.ts";
import { STYLE } from "./style.ts";

/**
 * The page of a broadcast: one file that loads nothing and runs nothing. The policy in its head keeps it so, whatever texts from
 * outside are in it.
 */
export function renderReport(data: ReportData): string {
  const title = titleOf(data.view);
  const page = html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="push-cli ${data.version}">
<title>${title} · broadcast ${data.view.record.id}</title>
<style>${STYLE}</style>
</head>
<body>
${renderHeadline(data)}
<main>
<div class="pair">
${renderMessages(data)}
${renderOutcomes(data)}
</div>
${renderRuns(data)}
${renderErrors(data)}
${renderMissed(data)}
<div class="halves">
${renderSettings(data)}
<div class="stack">
${renderCodes(data)}
${renderFiltered(data)}
</div>
</div>
${renderNext(data)}
</main>
<footer>
<p>Written by push-cli ${data.version} at ${formatTime(data.takenAtMs)}. Times are in ${data.timeZone}.</p>
</footer>
</body>
</html>
`;
  return page.text;
}

function renderNext({ next }: ReportData): Html | undefined {
  if (next.length === 0) return undefined;
  const items = next.map(
    ({ command, why }) => html`<li>${capital(why)}: <code>${foreign(command)}</code></li>`,
  );
  return html`<section aria-labelledby="next"><h2 id="next">Next, for the operator</h2><ul class="plain">${items}</ul></section>`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
