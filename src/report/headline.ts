import { hasBegun } from "../broadcast/schedule.ts";
import type { BroadcastView } from "../broadcast/view.ts";
import {
  formatCount,
  formatCounted,
  formatDuration,
  formatRate,
  formatShare,
  formatTime,
} from "../output/format.ts";
import type { ReportData } from "./data.ts";
import { foreign, type Html, html } from "./html.ts";

/** What the page is called: the template's title, where it is known. */
export function titleOf({ record: { message } }: BroadcastView): string {
  return message.title || `Template ${message.templateId}`;
}

/** Everybody with an outcome, and those who have none yet; null where nobody has counted them. */
export function wholeOf({ result }: BroadcastView): number | null {
  return result.recipients === null ? null : result.recipients + (result.toGo ?? 0);
}

/** What became of the broadcast, in a few words and figures. */
export function renderHeadline(data: ReportData): Html {
  const { view } = data;
  const { record, status, result } = view;
  const why =
    result.reason && result.reason !== status
      ? html`<p class="why">${foreign(result.reason)}</p>`
      : undefined;
  return html`<header>
<p class="kicker">Broadcast report</p>
<h1>${foreign(titleOf(view), 120)}</h1>
<p class="line"><span class="pill ${toneOf(view)}">${status}</span> <span class="id">${record.id}</span> <span>${whenOf(view)}</span></p>
<p class="lead">${leadOf(view)}</p>
${why}
${noticeOf(data)}
<dl class="figures">${figuresOf(view).map(([name, figure, note]) => html`<div><dt>${name}</dt><dd>${figure}</dd><dd class="note">${note}</dd></div>`)}</dl>
</header>`;
}

const TONES: Partial<Record<BroadcastView["status"], string>> = {
  finished: "good",
  running: "busy",
  scheduled: "busy",
  stopped: "bad",
  dead: "bad",
};

function toneOf({ status }: BroadcastView): string {
  return TONES[status] ?? "mild";
}

function whenOf({ record, result }: BroadcastView): string {
  const started = `${hasBegun(record) ? "started" : "scheduled"} ${formatTime(record.startedAtMs)}`;
  if (result.finishedAt !== null) return `${started}, finished ${formatTime(Date.parse(result.finishedAt))}`;
  return result.lastSeenAt === null
    ? started
    : `${started}, last seen ${formatTime(Date.parse(result.lastSeenAt))}`;
}

/** The one sentence for somebody who reads no other. */
function leadOf(view: BroadcastView): string {
  const { outcomes } = view.result;
  const whole = wholeOf(view);
  if (view.status === "scheduled") return "It has not begun yet.";
  if (outcomes === null || whole === null) return "How many users have the message is not known.";
  if (whole === 0) return "Nobody has been sent the message.";
  const { sent, unknown } = outcomes;
  const accepted = `The platform accepted the message for ${formatCount(sent)} of ${formatCounted(whole, "user")} (${formatShare(sent, whole)}).`;
  const doubt =
    unknown === 0 ? "" : ` ${formatCounted(unknown, "more user")} may have it, too: no answer came.`;
  return accepted + doubt;
}

const NOT_OVER: Partial<Record<BroadcastView["status"], string>> = {
  scheduled: "the broadcast was waiting for its time to begin",
  running: "the broadcast was running, so its figures have changed since",
  dead: "the broadcast should have been running, but none of its processes was alive; it can be resumed",
  stopped: "the broadcast had stopped, and can be resumed",
  interrupted: "the broadcast was interrupted, and can be resumed",
  paused: "the broadcast was paused, and can be resumed",
};

function noticeOf({ view, takenAtMs }: ReportData): Html | undefined {
  const words = NOT_OVER[view.status];
  if (words === undefined) return undefined;
  return html`<p class="notice">As of ${formatTime(takenAtMs)}: ${words}.</p>`;
}

/** Name, figure and a note. What nobody has measured is a dash. */
function figuresOf(view: BroadcastView): [name: string, figure: string, note: string][] {
  const { outcomes, toGo, durationMs, sentPerSecond } = view.result;
  const whole = wholeOf(view);
  const share = (count: number) =>
    whole === null ? "" : `${formatShare(count, whole)} of ${formatCount(whole)}`;
  const missed = outcomes && outcomes.failed + outcomes.unknown + outcomes.rejected;
  return [
    ["Sent", orDash(outcomes?.sent), outcomes ? share(outcomes.sent) : ""],
    ["Not delivered", orDash(missed), "rejected, failed or unknown"],
    ["To go", orDash(toGo), toGo ? "no outcome yet" : ""],
    ["Time at work", durationMs === 0 ? "–" : formatDuration(durationMs), "without pauses"],
    ["Average rate", sentPerSecond === null ? "–" : formatRate(sentPerSecond), "messages sent"],
  ];
}

function orDash(count: number | null | undefined): string {
  return count === null || count === undefined ? "–" : formatCount(count);
}
