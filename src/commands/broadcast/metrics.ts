import { OUTCOMES, type ShownStatus } from "../../broadcast/outcome.ts";
import { messageOf, PushCliError } from "../../errors.ts";
import { type Metric, renderMetrics, type Sample } from "../../output/exposition.ts";
import { writeMetrics } from "../../output/metrics-file.ts";
import type { Deps } from "../deps.ts";
import { loadView } from "./preflight.ts";
import type { Summary } from "./summary.ts";

/** Prometheus asks node_exporter every 15 s or so. */
const EVERY_MS = 15_000;

const STATUSES: Record<ShownStatus, true> = {
  ...{ scheduled: true, running: true, finished: true, stopped: true },
  ...{ interrupted: true, paused: true, cancelled: true, dead: true },
};

/** What of a summary becomes metrics; a broadcast at work has it, too. */
export type Measured = Pick<
  Summary,
  "templateId" | "status" | "recipients" | "outcomes" | "toGo" | "errors" | "startedAt" | "durationMs"
>;

/** `endedAtMs`: absent while it is at work. */
export function broadcastMetrics(id: string, measured: Measured, endedAtMs: number | undefined): string {
  const { templateId, status, outcomes, toGo, errors, startedAt, durationMs } = measured;
  const labels = { broadcast_id: id, template_id: templateId };
  const gauge = (name: string, help: string, samples: readonly Sample[]): Metric => ({
    name: `push_cli_broadcast_${name}`,
    help,
    samples: samples.map((sample) => ({ ...sample, labels: { ...labels, ...sample.labels } })),
  });
  const one = (value: number | null | undefined) =>
    value === null || value === undefined ? [] : [{ value }];
  return renderMetrics([
    gauge(
      "recipients",
      "Recipients by outcome.",
      outcomes ? OUTCOMES.map((outcome) => ({ labels: { outcome }, value: outcomes[outcome] })) : [],
    ),
    gauge("to_go", "Users without an outcome yet.", one(toGo)),
    gauge(
      "status",
      "1 for the status of the broadcast, 0 for all others.",
      Object.keys(STATUSES).map((name) => ({ labels: { status: name }, value: name === status ? 1 : 0 })),
    ),
    gauge("start_time_seconds", "When the broadcast began, Unix time.", one(Date.parse(startedAt) / 1000)),
    gauge(
      "end_time_seconds",
      "When its last run ended, Unix time; absent while one is at work.",
      one(endedAtMs === undefined ? undefined : endedAtMs / 1000),
    ),
    gauge("duration_seconds", "How long runs have worked on it.", one(durationMs / 1000)),
    gauge("errors", "Answers of the API other than ok, by errcode.", errorSamples(errors)),
  ]);
}

/** Errors are told apart by their message, too; here they are not. */
function errorSamples(errors: Measured["errors"]): Sample[] {
  const counts = new Map<string, number>();
  for (const { errcode, count } of errors) {
    const name = errcode === null ? "none" : String(errcode);
    counts.set(name, (counts.get(name) ?? 0) + count);
  }
  return [...counts].map(([errcode, value]) => ({ labels: { errcode }, value }));
}

/** Keeps the file up to date while a broadcast is at work: at once, every 15 s, and at its end. */
export function openMetrics(deps: Deps, path: string, id: string, everyMs = EVERY_MS) {
  let isOver = false;
  let isBusy = false;
  /** One after the other: the last one is the end. */
  let writing: Promise<unknown> = Promise.resolve();
  const write = (text: string) => {
    const written = writing.then(() => writeMetrics(path, text));
    writing = written.catch(() => undefined); // told to who asked for it
    return written;
  };
  const look = async () => {
    if (isBusy || isOver) return;
    isBusy = true;
    try {
      const { result } = await loadView(deps, id);
      if (!isOver) await write(broadcastMetrics(id, result, undefined));
    } catch (error) {
      // Redis or the disk may come back by the next time; what is wrong at the end is told to everybody.
      deps.log?.warn("metrics", messageOf(error));
    } finally {
      isBusy = false;
    }
  };
  void look();
  const timer = setInterval(() => void look(), everyMs);
  const close = () => {
    isOver = true;
    clearInterval(timer);
  };
  return {
    close,
    /** `summary`: absent while others are at work on it. Returns why the file could not be written. */
    end: async (summary: Measured | undefined): Promise<PushCliError | undefined> => {
      close();
      try {
        const [measured, endedAtMs] = summary
          ? [summary, deps.clock.now()]
          : [(await loadView(deps, id)).result, undefined];
        await write(broadcastMetrics(id, measured, endedAtMs));
        return undefined;
      } catch (error) {
        if (error instanceof PushCliError) return error;
        throw error;
      }
    },
  };
}
