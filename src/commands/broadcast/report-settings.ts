import type { Canary } from "../../broadcast/canary.ts";
import type { Schedule } from "../../broadcast/schedule.ts";
import type { BroadcastView } from "../../broadcast/view.ts";
import { DEFAULT_CHANNEL } from "../../config/settings.ts";
import { formatCount, formatDuration, formatRate, formatShare, formatTime } from "../../output/format.ts";
import type { Fact } from "../../report/data.ts";
import { policyFacts } from "./filter-words.ts";

/** What was asked for when the broadcast was started, and since, in words. */
export function settingsOf({ record, runs }: BroadcastView): Fact[] {
  const { audience, users, limit, rate, policy, schedule, canary, testOf, channel, apiBase, appid, message } =
    record;
  const { lang, miniprogramState, oacAppid } = message.options ?? {};
  const counted = users === undefined ? "" : `: ${formatCount(users)} users`;
  const first = runs[0];
  return [
    ["broadcast", record.id],
    ["audience", `${audience === "list" ? "listed users" : "all pools"}${counted}`],
    ...some("limit", limit, (count) => `${formatCount(count)} users`),
    ["rate", rate === undefined ? "as fast as the API responds" : `at most ${formatRate(rate)}`],
    ...policyFacts(policy).map(([name, text]): Fact => [name, text]),
    ...(schedule ? scheduleFacts(schedule) : []),
    ...some("canary", canary, describeCanary),
    ...some("test of", testOf, String),
    ...some("language", lang, String),
    ...some("version", miniprogramState, String),
    ...some("sent through account", oacAppid, String),
    ["channel", channel ?? DEFAULT_CHANNEL],
    ["appid", appid],
    ...some("API", apiBase, String),
    ...some("started by", first, ({ user, host }) => (user === undefined ? host : `${user}@${host}`)),
  ];
}

function some<T>(name: string, value: T | undefined, describe: (value: T) => string): Fact[] {
  return value === undefined ? [] : [[name, describe(value)]];
}

function scheduleFacts({ atMs, untilMs, quietHours }: Schedule): Fact[] {
  return [
    ...some("not before", atMs, formatTime),
    ...some("not after", untilMs, formatTime),
    ...some("quiet hours", quietHours, ({ from, to, timeZone }) => {
      return `${timeOfDay(from)} to ${timeOfDay(to)}, ${timeZone}`;
    }),
  ];
}

function timeOfDay(minutes: number): string {
  const pad = (value: number) => String(value).padStart(2, "0");
  return `${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}`;
}

function describeCanary({ share, waitMs, maxFailed, maxRejected, asks, verdict }: Canary): string {
  const went = verdict === undefined ? "" : `; ${verdict}`;
  const how = asks
    ? "an operator decides"
    : `goes on with at most ${formatShare(maxFailed, 1)} failed and ${formatShare(maxRejected, 1)} rejected`;
  return `${formatShare(share, 1)} of the users first, then waits ${formatDuration(waitMs)}; ${how}${went}`;
}
