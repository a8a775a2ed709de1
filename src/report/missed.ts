import type { ReportLine } from "../broadcast/report.ts";
import { formatCount, formatCounted, formatTime } from "../output/format.ts";
import type { ReportData } from "./data.ts";
import { foreign, type Html, html } from "./html.ts";

/** Recipients whose message failed, or may have: the first of them, and how to list all. */
export function renderMissed(data: ReportData): Html | undefined {
  const { lines, total, command, isFull } = data.missed;
  if (lines.length === 0 && !total) return undefined;
  const table =
    lines.length === 0
      ? undefined
      : html`<table class="small"><thead><tr><th scope="col">OpenId</th><th scope="col">What happened</th></tr></thead>
<tbody>${lines.map((line) => renderLine(line, data))}</tbody></table>`;
  return html`<section aria-labelledby="missed"><h2 id="missed">Failed and unknown recipients</h2>
<p>${countOf(lines.length, total)}${lines.length > 0 && !isFull ? " OpenIds are cut, because they stand for persons." : ""} To list all: <code>${foreign(command)}</code></p>
${table}</section>`;
}

function countOf(shown: number, total: number | null): string {
  if (shown === 0)
    return `There were ${formatCount(total ?? 0)}, but the ledgers, which keep recipients for 8 days, know none.`;
  if (total === null || total <= shown) return `${formatCounted(shown, "recipient")}.`;
  return `The first ${formatCount(shown)} of ${formatCount(total)}.`;
}

function renderLine(
  { openId, outcome, attempts, errcode, at }: ReportLine,
  { missed, meaningOf }: ReportData,
): Html {
  const meaning = errcode === null ? "no usable answer" : (meaningOf(errcode) ?? "not documented");
  const why = errcode === null ? meaning : `${errcode}: ${meaning}`;
  return html`<tr><th scope="row" class="id">${foreign(missed.isFull ? openId : cutOpenId(openId), 200)}</th><td>${outcome}: ${foreign(why)}<span class="note"><span class="together">${formatTime(Date.parse(at))}</span>, ${formatCounted(attempts, "attempt")}</span></td></tr>
`;
}

/** Enough to find it in a list, and too little to be one. */
export function cutOpenId(openId: string): string {
  const characters = [...openId];
  if (characters.length < 14) return `${characters.slice(0, 3).join("")}…`;
  return `${characters.slice(0, 5).join("")}…${characters.slice(-4).join("")}`;
}
