import type { Run } from "./screen.ts";
import { STYLE } from "./svg-style.ts";
import type { Span, Thing, Timeline } from "./timeline.ts";

export interface Picture {
  columns: number;
  rows: number;
  /** Shown in the bar above the screen. */
  title: string;
  /** Describes the picture for those who can't see it. */
  description: string;
}

/** The size of a cell, in pixels. */
const CELL = { width: 8.4, height: 18 };
const MARGIN = 14;
const BAR = 34;
const ASIDE = { columns: 32, rows: 4 };

/**
 * The recording as one picture, animated by CSS alone and without external resources. If animation is off or unsupported, it
 * shows the end of the recording.
 */
export function drawRecording({ lengthMs, spans }: Timeline, picture: Picture): string {
  const width = round(picture.columns * CELL.width + 2 * MARGIN);
  const height = picture.rows * CELL.height + BAR + 2 * MARGIN;
  const seconds = round(lengthMs / 1000);
  const groups = [...groupByTime(spans).values()];
  const title = escapeXml(picture.title);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="t d">
<title id="t">${title}</title>
<desc id="d">${escapeXml(picture.description)}</desc>
<style>
${STYLE}.s{animation-duration:${seconds}s}
${groups.map((group, i) => keyframes(`k${i}`, group[0], lengthMs)).join("")}</style>
<rect class="w" x=".5" y=".5" width="${width - 1}" height="${height - 1}" rx="8"/>
<circle class="o" cx="20" cy="17" r="5"/><circle class="o" cx="38" cy="17" r="5"/><circle class="o" cx="56" cy="17" r="5"/>
<text class="h" x="${width / 2}" y="21" text-anchor="middle">${title}</text>
${groups.map((group, i) => drawGroup(`k${i}`, group, lengthMs, picture)).join("")}</svg>
`;
}

type Group = [Span<Thing>, ...Span<Thing>[]];

/** Groups things that appear and disappear together. */
function groupByTime(spans: readonly Span<Thing>[]): Map<string, Group> {
  const groups = new Map<string, Group>();
  for (const span of spans) {
    const key = `${span.fromMs} ${span.toMs}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [span]);
    else group.push(span);
  }
  return groups;
}

function keyframes(name: string, { fromMs, toMs }: Span<Thing>, lengthMs: number): string {
  const at = (ms: number) => `${round((100 * ms) / lengthMs)}%`;
  const before = fromMs > 0 ? "0%{visibility:hidden}" : "";
  const after = toMs < lengthMs ? `${at(toMs)}{visibility:hidden}` : "";
  return `@keyframes ${name}{${before}${at(fromMs)}{visibility:visible}${after}}\n`;
}

function drawGroup(name: string, group: Group, lengthMs: number, picture: Picture): string {
  const last = group[0].toMs === lengthMs ? " l" : "";
  const things = group.map(({ thing }) => drawThing(thing, picture)).join("");
  return `<g class="s${last}" style="animation-name:${name}">${things}</g>\n`;
}

function drawThing(thing: Thing, picture: Picture): string {
  if (thing.kind === "row") return thing.runs.map((run) => drawRun(run, thing.row)).join("");
  if (thing.kind === "aside") return drawAside(thing.text, picture);
  return rectangle("u", thing.column, thing.row, 1);
}

/** Exactly as wide as its cells, whatever font the reader has. */
function drawRun({ column, width, text, bold, dim, colour }: Run, row: number): string {
  const names = [bold ? "b" : "", dim ? "d" : "", colour === undefined ? "" : `c${colour}`].filter(Boolean);
  const style = names.length === 0 ? "" : ` class="${names.join(" ")}"`;
  // Adjacent characters would leave gaps in a bar.
  if (/^█+$/.test(text)) return rectangle(["bar", ...names].join(" "), column, row, width);
  const length = round(width * CELL.width);
  return `<text${style} x="${left(column)}" y="${top(row) + 13}" textLength="${length}">${escapeXml(text)}</text>`;
}

function rectangle(name: string, column: number, row: number, width: number): string {
  const size = `width="${round(width * CELL.width)}" height="${CELL.height - 3}"`;
  return `<rect class="${name}" x="${left(column)}" y="${top(row) + 1}" ${size}/>`;
}

/** A second window over the lower right corner. */
function drawAside(text: string, { columns, rows }: Picture): string {
  const [column, row] = [columns - ASIDE.columns, rows - ASIDE.rows - 1];
  const [width, height] = [round(ASIDE.columns * CELL.width), ASIDE.rows * CELL.height];
  const run = { column: column + 2, width: text.length, text, bold: true, dim: false, colour: 1 };
  const heading = `<text class="h" x="${left(column + 2)}" y="${top(row) + 22}">another terminal</text>`;
  const box = `<rect class="w" x="${left(column)}" y="${top(row)}" width="${width}" height="${height}" rx="6"/>`;
  return box + heading + drawRun(run, row + 2);
}

function left(column: number): number {
  return round(MARGIN + column * CELL.width);
}

function top(row: number): number {
  return BAR + MARGIN / 2 + row * CELL.height;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function escapeXml(text: string): string {
  const names: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  return text.replace(/[&<>"]/g, (char) => names[char] ?? char);
}
