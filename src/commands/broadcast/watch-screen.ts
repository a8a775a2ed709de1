import type { PermissionKind } from "../../broadcast/channel.ts";
import { OUTCOMES } from "../../broadcast/outcome.ts";
import type { KnownRun } from "../../broadcast/record.ts";
import { zoneOf } from "../../broadcast/schedule.ts";
import type { BroadcastView } from "../../broadcast/view.ts";
import { formatZoned } from "../../broadcast/zone.ts";
import type { Clock } from "../../clock.ts";
import { drawBar } from "../../output/bar.ts";
import { formatCount, formatCounted, formatDuration, formatRate, formatShare } from "../../output/format.ts";
import type { Progress } from "../../output/output.ts";
import { RateMeter } from "../../output/rate-meter.ts";
import { titleOf } from "../permission-words.ts";
import { describeErrors, orDash } from "./summary.ts";

/** One line of the NDJSON of `broadcast watch`; a contract. `rateNow`: messages sent a second, lately. */
export function toWatchDocument({ result, runs }: BroadcastView, rateNow: number | null) {
  const alive = runs.filter((run) => run.alive);
  const now = alive.map(({ runId, host, pid, outcomes = null, open = null, waiting = null }) => {
    return { runId, host, pid, outcomes, open, waiting };
  });
  return { ...result, rateNow: rateNow === null ? null : Math.round(rateNow * 10) / 10, runs: now };
}

/** A broadcast at work, in eight lines. */
export class WatchScreen {
  private readonly clock: Clock;
  private readonly spends: PermissionKind;
  private sent: { meter: RateMeter; from: number } | undefined;
  private done: { meter: RateMeter; from: number } | undefined;

  constructor(clock: Clock, spends: PermissionKind) {
    this.clock = clock;
    this.spends = spends;
  }

  /** Messages sent a second, lately; null before it can be told. */
  measure({ result: { outcomes, recipients } }: BroadcastView): number | null {
    if (!outcomes || recipients === null) return null;
    const first = this.sent === undefined;
    this.sent ??= { meter: new RateMeter(this.clock), from: outcomes.sent };
    this.done ??= { meter: new RateMeter(this.clock), from: recipients };
    const rate = this.sent.meter.measure(outcomes.sent - this.sent.from);
    return first ? null : rate;
  }

  show(progress: Progress, view: BroadcastView): void {
    const rate = this.measure(view);
    const { recipients } = view.result;
    const pace = this.done && recipients !== null ? this.done.meter.measure(recipients - this.done.from) : 0;
    progress.update((width, isLive) => {
      const lines = renderLines(view, rate, pace, { width, spends: this.spends });
      // A log gets the counts alone.
      return isLive ? lines : [lines[1], lines[2], lines[3]].join("  ").replace(/[▏▎▍▌▋▊▉█]+ */, "");
    });
  }
}

const BAR_ROOM = 40;
const SHOWN_ERRORS = 3;

function renderLines(
  view: BroadcastView,
  rate: number | null,
  pace: number,
  { width, spends }: { width: number; spends: PermissionKind },
): string[] {
  const { result, runs, record } = view;
  const { outcomes, codes, errors, toGo, open, durationMs, sentPerSecond } = result;
  const spent = titleOf(spends);
  const counts = Object.entries(codes)
    .map(([name, count]) => `${name} ${formatCount(count)}`)
    .join("  ");
  const done = result.recipients ?? 0;
  const whole = toGo === null ? undefined : done + toGo;
  const eta = toGo && pace > 0 ? `  ETA ${formatDuration((toGo / pace) * 1000)}` : "";
  const [now, overall] = [rate, sentPerSecond].map((one) => (one === null ? "-" : formatRate(one)));
  const alive = runs.filter((run) => run.alive);
  const share = whole === undefined ? "" : `${formatShare(done, whole)}  `;
  const bar =
    whole === undefined ? "" : `${drawBar(done / whole, Math.min(BAR_ROOM, Math.floor(width / 2)))}  `;
  return [
    `broadcast ${record.id}: ${view.status}${stageOf(view)}, ${record.message.templateId}`,
    `${bar}${share}${formatCount(done)} of ${orDash(whole)}`,
    `rate      ${now} now, ${overall} over ${formatDuration(durationMs)}${eta}`,
    `outcomes  ${OUTCOMES.filter((name) => name !== "skipped")
      .map((name) => `${name} ${orDash(outcomes?.[name])}`)
      .join("  ")}`,
    `to go     ${orDash(toGo)}, ${orDash(open)} of them in progress`,
    ...(spent === undefined ? [] : [`${spent.padEnd(10)}${counts}`]),
    `errors    ${describeErrors(errors, SHOWN_ERRORS) || "none"}`,
    `runs      ${
      alive.length === 0
        ? noRunOf(view)
        : `${formatCounted(alive.length, "run")}: ${alive.map(describeRun).join("; ")}`
    }`,
  ];
}

function noRunOf({ status, record: { schedule = {} } }: BroadcastView): string {
  if (status !== "scheduled") return "summing up";
  return `none; scheduled for ${formatZoned(schedule.atMs ?? 0, zoneOf(schedule))}`;
}

/** ", canary waiting"; nothing once everybody may have the message. */
function stageOf({ status, result: { canary } }: BroadcastView): string {
  return canary && canary.stage !== "passed" && status !== "finished" ? `, canary ${canary.stage}` : "";
}

function describeRun({ host, pid, waiting }: KnownRun): string {
  return `${host} pid ${pid}${waiting === undefined ? "" : ` (${waiting})`}`;
}
