import type { Canary, CanaryDocument, CanaryFigures } from "../../broadcast/canary.ts";
import { formatCount, formatDuration, formatMinute } from "../../output/format.ts";
import type { Fact } from "../../output/output.ts";
import { countUsers } from "./question.ts";

/** How many users of a broadcast that is about to begin are in its canary, and how many follow. */
export interface CanaryCount {
  share: number;
  seed: string;
  users: number;
  others: number;
}

/** A canary before it is sent; none without one. */
export function plannedCanaryFacts(canary: Canary | undefined, count: CanaryCount | undefined): Fact[] {
  if (!canary || !count) return [];
  const { share, users, others } = count;
  const nobody = "nobody who can be sent to is in the canary: the broadcast would stop after it";
  return [
    ["canary", `${percent(share)}: ${countUsers(users)} first, ${formatCount(others)} after it`],
    ["then", describeRules(canary)],
    ...(users === 0 ? [["warning", nobody] as Fact] : []),
  ];
}

/** "waits 10m 00s, continues if at most 5% failed and 20% were rejected" */
function describeRules({ waitMs, asks, maxFailed, maxRejected }: Canary): string {
  const waits = waitMs === 0 ? "" : `waits ${formatDuration(waitMs)}, `;
  if (asks) return `${waits}asks whether to continue`;
  return `${waits}continues if at most ${percent(maxFailed)} failed and ${percent(maxRejected)} were rejected`;
}

/** A canary as it stands: "1%, waiting until 2026-11-27 10:20, 478 sent, 2 failed"; none without one. */
export function canaryFacts(canary: CanaryDocument | undefined): Fact[] {
  return canary ? [["canary", describeCanary(canary)]] : [];
}

export function describeCanary(canary: CanaryDocument): string {
  const { share, sent, rejected, failed, unknown, undelivered } = canary;
  const counts =
    sent === null ? "" : `, ${describeFigures({ sent, rejected, failed, unknown, undelivered })}`;
  return `${percent(share)}, ${describeStage(canary)}${counts}`;
}

/** "waiting until 2026-11-27 10:20"; "passed, accepted by alice@ops" */
function describeStage({ stage, waitUntil, by, asks }: CanaryDocument): string {
  if (stage === "waiting" && waitUntil !== null) {
    const time = formatMinute(Date.parse(waitUntil));
    return asks ? `waiting for a decision, due ${time}` : `waiting until ${time}`;
  }
  if (by === undefined) return stage;
  return `${stage}, ${stage === "passed" ? "accepted" : "decided"} by ${by}`;
}

type Figures = { [name in keyof CanaryFigures]: number | null };

/** "478 sent, 2 failed" */
export function describeFigures({ sent, rejected, failed, unknown, undelivered }: Figures): string {
  const others = Object.entries({ rejected, failed, unknown, undelivered }).filter(([, count]) => count);
  return [["sent", sent] as const, ...others]
    .map(([name, count]) => `${formatCount(count ?? 0)} ${name}`)
    .join(", ");
}

/** To three digits, because a count becomes a share of any size: "1%", "0.0423%". */
export function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))}%`;
}
