import { type Aftermath, readAftermath } from "./aftermath.ts";
import { agreementsOf, checkAgreementUser } from "./agreements.ts";
import { checkCampaign } from "./campaign.ts";
import { checkEnds, describeEnd } from "./check-ends.ts";
import { checkReport } from "./check-report.ts";
import { checkTotals, findTruth, type Truth } from "./check-totals.ts";
import { type Case, checkUser } from "./check-users.ts";
import { checkVariants } from "./check-variants.ts";
import { disturb } from "./disturb.ts";
import { driveBroadcast } from "./drive.ts";
import type { Kind, Plan } from "./plan.ts";
import { checkStandingUser, standingOf } from "./standing.ts";
import { checkConsents, checkConsentUser } from "./subscribe/check.ts";
import { driveSubscribe } from "./subscribe/drive.ts";
import { createWorld, type World } from "./world.ts";

/** A user about whom something is wrong, with what the platform, the record and the pool say. */
export interface Grievance {
  openId: string;
  wrongs: string[];
  deliveries: string[];
  record: string | undefined;
  pool: string[];
}

/** One round with its findings. */
export interface Round {
  plan: Plan;
  /** What is wrong with the broadcast as a whole, one line each. */
  wrongs: string[];
  grievances: Grievance[];
  truth: Truth;
  /** Every process of the tool, in a line. */
  ends: string[];
  /** Processes that were struck by a signal. */
  struck: number;
  /** Claims that SIGKILLs left behind: what resuming had to take over. */
  claimsLeft: number;
  faults: number;
  durationMs: number;
}

/** Plays one round with a built program. Rejects only when the harness itself fails. */
export async function playRound(plan: Plan, program: string): Promise<Round> {
  const startedAt = performance.now();
  const world = await createWorld(plan, program);
  try {
    const disturbance = disturb(world);
    try {
      await (plan.kind === "subscribe" ? driveSubscribe : driveBroadcast)(world);
    } finally {
      await disturbance.end();
    }
    const aftermath = await readAftermath(world);
    world.wrongs.push(...(await checkCampaign(world, aftermath)));
    if (plan.kind === "subscribe") world.wrongs.push(...(await checkConsents(world, aftermath)));
    return conclude(world, aftermath, startedAt);
  } finally {
    await world.close();
  }
}

export function hasFailed({ wrongs, grievances }: Round): boolean {
  return wrongs.length + grievances.length > 0;
}

function conclude(world: World, aftermath: Aftermath, startedAt: number): Round {
  const { plan, ends, claimsLeft, api } = world;
  return {
    plan,
    wrongs: [
      ...world.wrongs,
      ...checkEnds(world),
      ...checkTotals(world, aftermath),
      ...checkVariants(world, aftermath),
      ...checkReport(world, aftermath),
    ],
    grievances: findGrievances(world, aftermath),
    truth: findTruth(world, aftermath),
    ends: ends.map(describeEnd),
    struck: ends.filter((end) => end.struck.length > 0).length,
    claimsLeft,
    faults: [...api.platform.tally.faults.values()].reduce((sum, count) => sum + count, 0),
    durationMs: performance.now() - startedAt,
  };
}

function findGrievances({ plan, users, audience, api }: World, aftermath: Aftermath): Grievance[] {
  return aftermath.users.flatMap((left) => {
    const { openId, record, pool } = left;
    const deliveries = api.platform.deliveries.get(openId) ?? [];
    const one: Case = {
      user: users.get(openId) ?? { openId, entries: [], pushed: [] },
      left,
      addressed: audience.has(openId),
      deliveries,
      retried: plan.retry !== undefined,
      purged: plan.purge,
      refusalTells: plan.kind !== "baidu",
      tries: (formId) => api.tries.get(formId) ?? 0,
    };
    const wrongs = checkerOf(plan.kind)(one);
    return wrongs.length > 0 ? [{ openId, wrongs, deliveries, record, pool }] : [];
  });
}

function checkerOf(kind: Kind): (one: Case) => string[] {
  if (kind === "subscribe") return checkConsentUser;
  if (standingOf(kind)) return checkStandingUser;
  return agreementsOf(kind) ? checkAgreementUser : checkUser;
}
