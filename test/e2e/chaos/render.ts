import type { Grievance, Round } from "./round.ts";
import { hasFailed } from "./round.ts";

const SHOWN = 5;

/** A round in one line. */
export function renderRound(round: Round): string {
  const { plan, truth, struck, claimsLeft, ends, faults, durationMs } = round;
  const parts = [
    hasFailed(round) ? "FAIL" : "ok  ",
    `seed ${plan.seed}`,
    plan.kind.padEnd(9),
    `${plan.users} users`,
    `${truth.delivered} messages`,
    `${truth.unknown} unknown`,
    `${ends.length} processes, ${struck} struck, leaving ${claimsLeft} claims`,
    ...(plan.outages.length > 0 ? [`${plan.outages.length} outages`] : []),
    ...(plan.pushEveryMs > 0 ? ["backend at work"] : []),
    ...(plan.purge ? ["purge"] : []),
    ...(plan.canary > 0 ? [`canary ${plan.canary}%`] : []),
    ...(plan.retry ? ["retry"] : []),
    ...(plan.report ? ["report"] : []),
    ...(plan.variants ? ["variants"] : []),
    `${faults} faults`,
    `${(durationMs / 1000).toFixed(1)} s`,
  ];
  return parts.join("  ");
}

/** What went wrong in a round, with the first few users concerned, and how to play it again. */
export function renderFailure({ plan, wrongs, grievances, ends }: Round): string {
  return [
    ...wrongs.map((wrong) => `  ${wrong}`),
    ...(grievances.length > 0 ? [`  ${grievances.length} users were wronged`] : []),
    ...grievances.slice(0, SHOWN).map(renderGrievance),
    "  processes:",
    ...ends.map((end) => `    ${end}`),
    `  play it again: npm run chaos -- --rounds 1 --seed ${plan.seed} --kind ${plan.kind} --users ${plan.users}`,
  ].join("\n");
}

function renderGrievance({ openId, wrongs, deliveries, record, pool }: Grievance): string {
  return [
    `  ${openId}: ${wrongs.join("; ")}`,
    `    messages by ${deliveries.join(", ") || "none"}`,
    `    record ${record === undefined ? "none" : JSON.stringify(record)}`,
    `    pool ${JSON.stringify(pool)}`,
  ].join("\n");
}
