import { type Command, Option } from "commander";
import { LEDGER_LIFE_MS, type Policy } from "../../broadcast/policy.ts";
import type { ScheduleChanges } from "../../broadcast/resume.ts";
import {
  describeBeginning,
  firstMoment,
  formatQuietHours,
  isQuietAt,
  nextChange,
  parseMoment,
  parseQuietHours,
  type Schedule,
  spellTime,
  zoneOf,
} from "../../broadcast/schedule.ts";
import { checkTimeZone, formatZoned } from "../../broadcast/zone.ts";
import { parseDuration } from "../../config/durations.ts";
import { PushCliError, usageError } from "../../errors.ts";
import type { Fact } from "../../output/output.ts";

/** Of a first run and of a later one. */
export interface HoursFlags {
  until?: string;
  quietHours?: string;
  timeZone?: string;
}

export interface ScheduleFlags extends HoursFlags {
  at?: string;
  /** False: --no-wait. */
  wait?: boolean;
}

const DAY_MS = 86_400_000;
/** Records live for 90 days, and what is found out beforehand gets old. */
const FURTHEST_AT_MS = 30 * DAY_MS;
const FURTHEST_UNTIL_MS = 60 * DAY_MS;

/** For the first run of a broadcast. */
export function addScheduleOptions(command: Command): Command {
  command
    .optionsGroup("Schedule options:")
    .option("--at <time>", "Begin at this time: 09:00, 2026-11-28T09:00 or +2h")
    .option("--no-wait", "With --at: exit at once; broadcast run-due begins it");
  return addHoursOptions(command, "");
}

/** For a later run, which may change them; `orNone` is what their values may be instead. */
export function addHoursOptions(command: Command, orNone: "" | ", or none"): Command {
  return command
    .option("--until <time>", `Stop at this time, resumable: 18:00, 2026-11-28T18:00 or +9h${orNone}`)
    .option("--quiet-hours <from-to>", `Send nothing in these hours of any day: 22:00-08:00${orNone}`)
    .addOption(
      new Option(
        "--time-zone <name>",
        "Zone of these times, such as Asia/Shanghai (default: this machine's)",
      ),
    );
}

/** The schedule that the command line asks for; undefined for none. Throws a usage error. */
export function parseSchedule(flags: ScheduleFlags, nowMs: number): Schedule | undefined {
  const { at, until, quietHours, wait } = flags;
  if (wait === false && at === undefined)
    throw usageError("--no-wait needs --at", "without a time to begin, a broadcast begins at once");
  if (at === undefined && until === undefined && quietHours === undefined) {
    if (flags.timeZone === undefined) return undefined;
    throw usageError(
      `--time-zone ${flags.timeZone} has nothing to apply to`,
      "use it with --at, --until or --quiet-hours",
    );
  }
  const timeZone = zoneFlag(flags);
  const schedule: Schedule = { timeZone };
  if (at !== undefined) schedule.atMs = parseAt(at, nowMs, timeZone);
  if (quietHours !== undefined) schedule.quietHours = parseQuietHours(quietHours, timeZone);
  const beginsMs = firstMoment(schedule, nowMs);
  if (until !== undefined) {
    schedule.untilMs = parseUntil(until, schedule.atMs ?? nowMs, timeZone);
    if (schedule.untilMs <= beginsMs)
      throw usageError(
        `--until ${until} is before the broadcast can begin: ${formatZoned(beginsMs, timeZone)} (${timeZone})`,
        "use a later time",
      );
  }
  return schedule;
}

/** What the command line of a resume changes in the schedule; undefined for nothing. Throws a usage error. */
export function parseScheduleChanges(
  flags: HoursFlags,
  before: Schedule | undefined,
  nowMs: number,
): ScheduleChanges | undefined {
  const { until, quietHours } = flags;
  if (until === undefined && quietHours === undefined) {
    if (flags.timeZone === undefined) return undefined;
    throw usageError(
      `--time-zone ${flags.timeZone} has nothing to apply to`,
      "use it with --until or --quiet-hours",
    );
  }
  const timeZone = flags.timeZone === undefined && before ? zoneOf(before) : zoneFlag(flags);
  const changes: ScheduleChanges = { timeZone };
  if (until !== undefined) changes.untilMs = until === "none" ? null : parseUntil(until, nowMs, timeZone);
  if (quietHours !== undefined)
    changes.quietHours = quietHours === "none" ? null : parseQuietHours(quietHours, timeZone);
  return changes;
}

/** Rejects with `nothing` what a broadcast that begins later can no longer look up then. */
export function checkTimely(policy: Policy | undefined, schedule: Schedule | undefined): void {
  const { atMs } = schedule ?? {};
  if (atMs === undefined) return;
  const gone = policy?.notIn?.find(({ startedAtMs }) => atMs - startedAtMs > LEDGER_LIFE_MS);
  if (!gone) return;
  throw new PushCliError(
    "nothing",
    `--exclude-broadcast ${gone.id}: that broadcast began more than 7 days before --at`,
    {
      hint: "its first ledgers expire after 8 days; use its --report file as --exclude-file, or begin sooner",
    },
  );
}

/** Throws a usage error for what only the process that sends can do. */
export function checkWaitFlags({ wait, report }: ScheduleFlags & { report?: string }): void {
  if (wait !== false || report === undefined) return;
  throw usageError(
    "--no-wait and --report can't be used together",
    "the process that sends writes the report: push-cli broadcast resume <id> --report <file>, or push-cli broadcast recipients <id> afterwards",
  );
}

function zoneFlag({ timeZone }: HoursFlags): string {
  return timeZone === undefined ? Intl.DateTimeFormat().resolvedOptions().timeZone : checkTimeZone(timeZone);
}

function parseAt(text: string, nowMs: number, timeZone: string): number {
  const ms = parseTime(text, "--at", nowMs, timeZone);
  if (ms <= nowMs)
    throw usageError(
      `--at ${text} has passed: ${formatZoned(ms, timeZone)} (${timeZone})`,
      "use a time in the future, or leave --at out to begin now",
    );
  if (ms - nowMs > FURTHEST_AT_MS)
    throw usageError(`--at ${text} is more than 30 days ahead`, "schedule it later, for example from cron");
  return ms;
}

/** After `afterMs`, from which on "+2h" counts. */
function parseUntil(text: string, afterMs: number, timeZone: string): number {
  const ms = parseTime(text, "--until", afterMs, timeZone);
  if (ms <= afterMs)
    throw usageError(
      `--until ${text} leaves no time: ${formatZoned(ms, timeZone)} (${timeZone})`,
      "use a later time",
    );
  if (ms - afterMs > FURTHEST_UNTIL_MS)
    throw usageError(`--until ${text} is more than 60 days ahead`, "leave it out");
  return ms;
}

function parseTime(text: string, name: string, afterMs: number, timeZone: string): number {
  if (text.startsWith("+")) return afterMs + parseDuration(text.slice(1), name);
  const ms = parseMoment(text, afterMs, timeZone);
  if (ms !== undefined) return ms;
  throw usageError(
    `${name}: '${text}' is not a time`,
    "such as 09:00, 2026-11-28T09:00, 2026-11-28T09:00+08:00 or +2h",
  );
}

/** A schedule as facts of a question or a screen, times by the clocks of its zone; none without one. */
export function scheduleFacts(schedule: Schedule | undefined, nowMs: number, isBegun = false): Fact[] {
  if (!schedule) return [];
  const { atMs, untilMs, quietHours } = schedule;
  const zone = zoneOf(schedule);
  const facts: Fact[] = [];
  if (atMs !== undefined && !isBegun)
    facts.push(["begins", `${describeBeginning(schedule, nowMs)}, ${zone}`]);
  if (untilMs !== undefined) facts.push(["until", `${formatZoned(untilMs, zone)}, ${zone}`]);
  if (quietHours) {
    const isQuiet = (atMs === undefined || isBegun) && isQuietAt(quietHours, nowMs);
    const now = isQuiet ? `; now, for ${spellTime(nextChange(quietHours, nowMs) - nowMs)}` : "";
    facts.push(["quiet hours", `${formatQuietHours(quietHours)}, ${quietHours.timeZone}${now}`]);
  }
  return facts;
}

/** " at 2026-11-28 09:00", for a question; nothing for a broadcast that begins at once. */
export function describeAt(schedule: Schedule | undefined, nowMs: number): string {
  if (schedule?.atMs === undefined) return "";
  return ` at ${formatZoned(firstMoment(schedule, nowMs), zoneOf(schedule))}`;
}

/** What begins what has no process, as a crontab has it. */
export const CRON_LINE = "* * * * * push-cli broadcast run-due --yes --quiet";
