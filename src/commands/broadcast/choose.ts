import { type ResumeSpec, whyNotResumable } from "../../broadcast/resume.ts";
import { isDue } from "../../broadcast/schedule.ts";
import { isAttended } from "../../broadcast/status.ts";
import type { BroadcastView } from "../../broadcast/view.ts";
import { PushCliError, usageError } from "../../errors.ts";
import { formatCount, formatMinute } from "../../output/format.ts";
import type { Deps } from "../deps.ts";
import { broadcastNeeds, loadView } from "./preflight.ts";

/** Who has more than this open at once names the one that is meant. */
const LOOKED_AT = 50;
const OFFERED = 9;

/** The newest broadcasts as they stand. */
export async function viewNewest(deps: Deps, limit: number): Promise<BroadcastView[]> {
  const needs = await broadcastNeeds(deps);
  const records = await needs.store.list(limit);
  const views = await Promise.all(records.map(({ id }) => loadView(deps, id)));
  return views.sort((a, b) => timeOf(b) - timeOf(a));
}

/** When it began, or is to begin. */
function timeOf({ record: { schedule, startedAtMs }, status }: BroadcastView): number {
  return status === "scheduled" ? (schedule?.atMs ?? startedAtMs) : startedAtMs;
}

/**
 * The broadcast to go on with: the one given, the last that can be resumed, or one that is chosen on the terminal. Of
 * finished ones those alone to which `wish` gives somebody, so that a trial does not stand before what was interrupted.
 * Somebody paused a broadcast on purpose: the last one is never it, since nobody may be looking. Nor is it a test.
 */
export async function chooseResumable(
  deps: Deps,
  given: string | undefined,
  last: boolean,
  wish: Pick<ResumeSpec, "retry" | "limit" | "timing" | "acceptCanary"> & { takesReceipts: boolean },
): Promise<string> {
  if (given !== undefined) {
    if (last) throw usageError(`'${given}' and --last can't be used together`);
    return given;
  }
  if (!last && !deps.out.canAsk())
    throw usageError(
      "no broadcast id given",
      "use push-cli broadcast resume <id>, or --last for the newest that can be resumed",
    );
  const resumable = (await viewNewest(deps, LOOKED_AT)).filter(
    (view) => !isAttended(view) && !whyNotResumable(view.record, { ...wish, join: false }, deps.clock.now()),
  );
  const views = last
    ? resumable.filter((view) => whyNotLast(view, deps.clock.now()) === undefined)
    : resumable;
  const [passed] = resumable;
  if (!passed || views.length > 0) return choose(deps, views, { last, what: "resumed", verb: "resume" });
  const { id } = passed.record;
  throw new PushCliError("nothing", `--last passes over '${id}': ${whyNotLast(passed, deps.clock.now())}`, {
    hint: `to resume it: push-cli broadcast resume ${id}`,
  });
}

function whyNotLast({ status, record }: BroadcastView, nowMs: number): string | undefined {
  if (status === "paused") return record.reason ?? "it is paused";
  if (record.testOf !== undefined) return "it is a test";
  return status === "scheduled" && !isDue(record, nowMs) ? "it is not due" : undefined;
}

/** The broadcast to watch: the one given, the only one that runs, or one that is chosen on the terminal. */
export async function chooseRunning(deps: Deps, given: string | undefined): Promise<string> {
  if (given !== undefined) return given;
  const newest = await viewNewest(deps, LOOKED_AT);
  const running = newest.filter(({ status }) => status === "running");
  const views = running.length > 0 ? running : newest.filter(({ status }) => status === "scheduled");
  return choose(deps, views, { last: views.length === 1, what: "watched", verb: "watch" });
}

async function choose(
  deps: Deps,
  views: BroadcastView[],
  { last, what, verb }: { last: boolean; what: string; verb: string },
): Promise<string> {
  const [newest] = views;
  if (!newest) {
    throw new PushCliError("nothing", `no broadcast can be ${what}`, {
      hint: "to list all broadcasts: push-cli broadcast list",
    });
  }
  if (last) return newest.record.id;
  const offered = views.slice(0, OFFERED);
  if (!deps.out.canAsk())
    throw usageError(
      `${views.length} broadcasts can be ${what}`,
      `push-cli broadcast ${verb} ${newest.record.id}`,
    );
  for (const [i, view] of offered.entries()) deps.out.warn(`${i + 1}  ${describe(view)}`);
  const answer = await deps.out.prompt(`Which one? [1-${offered.length}] `);
  const chosen = offered[Number(answer?.trim()) - 1];
  if (chosen) return chosen.record.id;
  throw new PushCliError("confirm", "no broadcast chosen; nothing was done");
}

function describe(view: BroadcastView): string {
  const { record, status, result } = view;
  const toGo = result.toGo === null ? "" : `, ${formatCount(result.toGo)} to go`;
  const sent = result.outcomes === null ? "" : `, ${formatCount(result.outcomes.sent)} sent`;
  return `${record.id}  ${formatMinute(timeOf(view))}  ${record.message.templateId}: ${status}${sent}${toGo}`;
}
