import { elapsedOf } from "../broadcast/pace.ts";
import type { KnownRun } from "../broadcast/record.ts";
import { formatCount, formatCounted, formatDuration, formatTime } from "../output/format.ts";
import { renderChart, type ShownRun } from "./chart.ts";
import type { ReportData } from "./data.ts";
import { foreign, type Html, html } from "./html.ts";

/** Sends over time, and the runs. */
export function renderRuns({ view: { runs } }: ReportData): Html {
  return html`<section aria-labelledby="time"><h2 id="time">Sending over time</h2>${renderBody(runs)}</section>`;
}

function renderBody(runs: readonly KnownRun[]): Html {
  if (runs.length === 0) return html`<p>No run has begun.</p>`;
  const shown = runs.map((run): ShownRun => ({ run, isTrouble: endOf(run).isTrouble }));
  const without = runs.filter(({ series }) => !series).length;
  const note =
    without === 0
      ? undefined
      : html`<p class="note">${formatCounted(without, "run")} of an older version kept no figures over time.</p>`;
  return html`${renderChart(shown)}${note}
<table class="small"><thead><tr><th scope="col">Run</th><th scope="col" class="n">Sent</th><th scope="col">How it ended</th></tr></thead>
<tbody>${runs.map(renderRow)}</tbody></table>`;
}

function renderRow(run: KnownRun, i: number): Html {
  const { user, host, pid, version, sinceMs, untilMs, outcomes } = run;
  const who = user === undefined ? host : `${user}@${host}`;
  const by = version === undefined ? `pid ${pid}` : `pid ${pid}, push-cli ${version}`;
  const { words, isTrouble } = endOf(run);
  return html`<tr><th scope="row"><span class="number">${i + 1}</span> ${renderPeriod(sinceMs, untilMs)}<span class="note">${formatDuration(elapsedOf(run))} by ${foreign(who, 60)}, ${by}</span></th>
<td class="n">${outcomes ? formatCount(outcomes.sent) : "–"}</td>
<td>${isTrouble ? html`<strong class="trouble">${foreign(words)}</strong>` : foreign(words)}</td></tr>
`;
}

/** "2026-11-23 18:40:12 to 18:52:01"; with both days where they differ. */
function renderPeriod(fromMs: number, toMs: number): Html {
  const [from, to] = [formatTime(fromMs), formatTime(toMs)];
  const day = from.slice(0, from.indexOf(" ") + 1);
  return html`<span class="together">${from}</span> <span class="together">to ${to.startsWith(day) ? to.slice(day.length) : to}</span>`;
}

/** How a run ended, in words, and whether that is something to look at. */
function endOf({ alive, concluding, ended, outcomes, series, stopped }: KnownRun): {
  words: string;
  isTrouble: boolean;
} {
  if (alive) return { words: "running", isTrouble: false };
  if (concluding) return { words: "summing up", isTrouble: false };
  if (stopped) {
    const { status, message } = stopped;
    const words = message.startsWith(status) ? message : `${status}: ${message}`;
    return { words, isTrouble: status === "stopped" };
  }
  // Older versions did not note how a run ended.
  if (!outcomes) return { words: "ended", isTrouble: false };
  if (ended) return { words: series ? "done with its audience" : "ended", isTrouble: false };
  return { words: "died: it was killed, or its machine went away", isTrouble: true };
}
