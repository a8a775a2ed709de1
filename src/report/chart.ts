import type { KnownRun } from "../broadcast/record.ts";
import { formatCount, formatDuration, formatRate, formatTime } from "../output/format.ts";
import { type Html, html } from "./html.ts";
import { type Column, lifeOf, planTimeline, rateOf, type Span } from "./timeline.ts";

/** Ends of runs that the chart marks as trouble. */
export interface ShownRun {
  run: KnownRun;
  isTrouble: boolean;
}

/** Of the drawing; labels stand around it as text, so that they stay readable on a phone. */
const WIDTH = 1000;
const HEIGHT = 100;
/** Between spans, where a pause is cut out. */
const BREAK = 14;

/** Messages a second over time, and when which run was at work. Undefined when no run kept a series. */
export function renderChart(shown: readonly ShownRun[]): Html | undefined {
  const runs = shown.map(({ run }) => run);
  if (!runs.some(({ series }) => series)) return undefined;
  const spans = planTimeline(runs);
  const place = placeSpans(spans);
  const columns = spans.flatMap((span) => span.columns);
  const top = niceTop(Math.max(...columns.map((column) => rateOf(column.sent + column.others, column))));
  const [first, last] = [spans[0]!, spans.at(-1)!];
  return html`<figure class="chart">
<div class="frame"><div class="scale" aria-hidden="true"><span>${formatRate(top)}</span><span>${formatRate(top / 2)}</span><span>0</span></div>
<div class="plot"><svg role="img" aria-label="${describe(spans, runs.length)}" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none">
${[0, 50].map((y) => html`<line class="grid" x1="0" x2="${WIDTH}" y1="${y}" y2="${y}"/>`)}
${spans.map((span) => html`<path class="c-others" d="${areaOf(span, place, top, "all")}"/><path class="c-sent" d="${areaOf(span, place, top, "sent")}"/>`)}
${shown.map(({ run, isTrouble }) => renderEnd(place(lifeOf(run).toMs), isTrouble))}
${spans.map((span) => renderAxis(span, place))}
</svg>${renderBands(shown, place)}<div class="when" aria-hidden="true"><span>${formatTime(first.fromMs)}</span><span>${formatTime(last.toMs)}</span></div></div></div>
<figcaption>${renderLegend(spans)}</figcaption>
</figure>
${renderFigures(columns)}`;
}

/** Broken where a pause is cut out. */
function renderAxis({ fromMs, toMs }: Span, place: Place): Html {
  const [from, to] = [fromMs, toMs - 0.01].map((ms) => place(ms).toFixed(2));
  return html`<line class="axis" x1="${from}" x2="${to}" y1="${HEIGHT}" y2="${HEIGHT}"/>`;
}

type Place = (ms: number) => number;

/** Where a time lies in the drawing. */
function placeSpans(spans: readonly Span[]): Place {
  const lengths = spans.map(({ fromMs, toMs }) => toMs - fromMs);
  const all = lengths.reduce((sum, length) => sum + length, 0);
  const room = WIDTH - BREAK * (spans.length - 1);
  let x = 0;
  const starts = lengths.map((length) => {
    const start = x;
    x += (length / all) * room + BREAK;
    return start;
  });
  return (ms) => {
    const at = Math.max(
      0,
      spans.findLastIndex(({ fromMs }) => fromMs <= ms),
    );
    const { fromMs, toMs } = spans[at]!;
    return starts[at]! + ((Math.min(ms, toMs) - fromMs) / all) * room;
  };
}

/** The next round number that is not below: 1, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20 ... */
export function niceTop(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 1.5, 2, 3, 4, 5, 6, 8].find((one) => one * power >= value * 0.999) ?? 10;
  return step * power;
}

function areaOf({ columns }: Span, place: Place, top: number, what: "sent" | "all"): string {
  const steps = columns.map((column) => {
    const rate = rateOf(what === "sent" ? column.sent : column.sent + column.others, column);
    const y = Math.max(0, HEIGHT - (rate / top) * HEIGHT).toFixed(2);
    // Just inside, so that the edge belongs to this column's span.
    return `L${place(column.fromMs).toFixed(2)} ${y}L${place(column.toMs - 0.01).toFixed(2)} ${y}`;
  });
  const from = place(columns[0]!.fromMs).toFixed(2);
  return `M${from} ${HEIGHT}${steps.join("")}L${place(columns.at(-1)!.toMs - 0.01).toFixed(2)} ${HEIGHT}Z`;
}

function renderEnd(x: number, isTrouble: boolean): Html {
  return html`<line class="${isTrouble ? "end trouble" : "end"}" x1="${x.toFixed(2)}" x2="${x.toFixed(2)}" y1="0" y2="${HEIGHT}"/>`;
}

/** More runs side by side than that share the last lane. */
const MAX_LANES = 6;

/** A bar for each run under the drawing, side by side where runs were. */
function renderBands(shown: readonly ShownRun[], place: Place): Html {
  const ends: number[] = [];
  const bands = shown.map(({ run, isTrouble }, i) => {
    const { fromMs, toMs } = lifeOf(run);
    const [from, to] = [place(fromMs), place(toMs)];
    const free = ends.findIndex((end) => end <= from + 0.01);
    const lane = Math.min(MAX_LANES - 1, free < 0 ? ends.length : free);
    ends[lane] = to;
    const style = `left:${(from / 10).toFixed(2)}%;width:${((to - from) / 10).toFixed(2)}%;top:${(lane * 1.25).toFixed(2)}rem`;
    return html`<span class="${isTrouble ? "band trouble" : "band"}" style="${style}">${i + 1}</span>`;
  });
  const style = `height:${(ends.length * 1.25).toFixed(2)}rem`;
  return html`<div class="bands" aria-hidden="true" style="${style}">${bands}</div>`;
}

function renderLegend(spans: readonly Span[]): Html {
  const pauses = spans.slice(1).map(({ fromMs }, i) => formatDuration(fromMs - spans[i]!.toMs));
  const cut =
    pauses.length === 0
      ? ""
      : ` Times without a run are left out: ${pauses.slice(0, 5).join(", ")}${pauses.length > 5 ? " ..." : ""}.`;
  const key = (name: string) =>
    html`<svg class="key" aria-hidden="true" viewBox="0 0 10 10"><rect class="c-${name}" width="10" height="10" rx="2"/></svg>`;
  return html`${key("sent")}sent a second ${key("others")}rejected, failed or unknown. The numbered bars are the runs of the table below.${cut}`;
}

/** The drawing in words. */
function describe(spans: readonly Span[], runs: number): string {
  const columns = spans.flatMap((span) => span.columns);
  const peak = columns.reduce((best, column) =>
    rateOf(column.sent, column) > rateOf(best.sent, best) ? column : best,
  );
  const [from, to] = [spans[0]!.fromMs, spans.at(-1)!.toMs].map(formatTime);
  return `Messages sent per second from ${from} to ${to}, in ${runs === 1 ? "one run" : `${runs} runs`}: at most ${formatRate(rateOf(peak.sent, peak))}, at ${formatTime(peak.fromMs)}. The same figures are in the table that follows.`;
}

function renderFigures(columns: readonly Column[]): Html {
  const rows = columns.map(
    (
      column,
    ) => html`<tr><th scope="row">${formatTime(column.fromMs)}</th><td class="n">${formatCount(Math.round(column.sent))}</td><td class="n">${formatCount(Math.round(column.others))}</td></tr>
`,
  );
  return html`<details><summary>The figures of the chart</summary>
<table class="small"><thead><tr><th scope="col">From</th><th scope="col" class="n">Sent</th><th scope="col" class="n">Other outcomes</th></tr></thead><tbody>${rows}</tbody></table></details>`;
}
