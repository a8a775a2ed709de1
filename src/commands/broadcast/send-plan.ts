import type { Audience } from "../../broadcast/audience.ts";
import type { Canary } from "../../broadcast/canary.ts";
import type { Message, Preflight } from "../../broadcast/channel.ts";
import type { DryRun } from "../../broadcast/dry-run.ts";
import type { Schedule } from "../../broadcast/schedule.ts";
import type { ExitName } from "../../exit-codes.ts";
import type { Fact } from "../../output/output.ts";
import type { Deps } from "../deps.ts";
import { warnOfPassed } from "../passed-over.ts";
import { spendsOf } from "../permission-words.ts";
import { audienceFacts } from "./audience-facts.ts";
import { countCanary } from "./canary-plan.ts";
import { plannedCanaryFacts } from "./canary-words.ts";
import { countCodes, noneReachable, showDryRun } from "./count.ts";
import type { Filters } from "./filters.ts";
import { quotaFacts } from "./look.ts";
import type { RunOptions } from "./options.ts";
import { askToSend, countUsers, messageFacts, paceFact, reportFact, settingFacts } from "./question.ts";
import { describeAt, scheduleFacts } from "./schedule-flags.ts";
import { tellingFacts } from "./telling.ts";
import { sendTest, type TestFlags, testFacts } from "./test-send.ts";

/** A broadcast that is about to begin. */
export interface Plan {
  id: string;
  message: Message;
  audience: Audience;
  limit: number | undefined;
  filters: Filters | undefined;
  schedule: Schedule | undefined;
  canary: Canary | undefined;
  options: RunOptions;
  /** Who gets it first, apart from the broadcast. */
  testers: string[];
}

/** What was found out before anybody is asked. */
export interface Found {
  doubts: readonly (string | undefined)[];
  /** What speaks against the Redis. */
  danger: readonly Fact[];
  /** What the account says. */
  look: Preflight | undefined;
  stdinTaken: boolean;
}

interface Flags extends TestFlags {
  report?: string;
  id?: string;
  seed?: string;
}

/** What there is to say before a broadcast, whose counts are those of a dry run. */
async function describePlan(deps: Deps, flags: Flags, plan: Plan, found: Found, dryRun: DryRun) {
  const { message, audience, options, schedule } = plan;
  const { doubts, danger, look } = found;
  const { sent } = dryRun.tally.outcomes;
  const canary = await countCanary(deps, plan.canary, plan, dryRun);
  const facts: Fact[] = [
    ...(await settingFacts(deps, message)),
    ...messageFacts(message, {
      doubts,
      first: audience.kind === "list" ? audience.first : undefined,
      users: dryRun.tally.byVariant?.outcomes.map((outcomes) => outcomes.sent),
      isSeedFresh: flags.dryRun === true && flags.id === undefined && flags.seed === undefined,
    }),
    ...danger,
    ...audienceFacts(dryRun, plan, await spendsOf(deps, message)),
    ...plannedCanaryFacts(plan.canary, canary),
    ...quotaFacts(look, sent),
    ...scheduleFacts(schedule, deps.clock.now()),
    ...(schedule?.atMs === undefined ? [] : [COUNTED_AGAIN]),
    paceFact(sent, options.engine.rate, (await deps.channel()).startRate),
    reportFact(flags.report),
    ...tellingFacts(options.telling),
  ];
  return { facts, canary };
}

const COUNTED_AGAIN: Fact = ["counted", "now; users and their codes or consents are looked at again then"];

/** The dry run: what it would say and do, and nothing is sent. */
export function showPlan(deps: Deps, flags: Flags, plan: Plan, found: Found): Promise<ExitName> {
  return showDryRun(deps, plan, (dryRun) => describePlan(deps, flags, plan, found, dryRun));
}

/** Rejects where there is nobody to send to. */
async function countReachable(deps: Deps, plan: Plan): Promise<DryRun> {
  const { message } = plan;
  const dryRun = await countCodes(deps, plan);
  const { tally } = dryRun;
  await warnOfPassed(deps, message);
  if (tally.outcomes.sent === 0) throw await noneReachable(deps, message, tally);
  return dryRun;
}

/**
 * Sends to those who try the message and asks whether to go on, after a preview; with --yes only the first. Returns what ends
 * it here: the signal that ended the question, or what ended the test.
 */
export async function askAboutPlan(
  deps: Deps,
  flags: Flags,
  plan: Plan,
  found: Found,
): Promise<ExitName | undefined> {
  const { message, options, testers } = plan;
  if (flags.yes) return (await sendTest(deps, flags, plan)).end;
  let dryRun = await countReachable(deps, plan);
  let { facts } = await describePlan(deps, flags, plan, found, dryRun);
  if (testers.length > 0) {
    // What goes to the testers is told before it does.
    deps.out.warnFacts([...facts, ...testFacts(testers, message)]);
    const test = await sendTest(deps, flags, plan);
    if (test.end) return test.end;
    // Their own codes may have been some of those that were counted.
    dryRun = await countReachable(deps, plan);
    const canary = await countCanary(deps, plan.canary, plan, dryRun);
    facts = [
      ...test.facts,
      ...audienceFacts(dryRun, plan, await spendsOf(deps, message)),
      ...plannedCanaryFacts(plan.canary, canary),
    ];
  }
  const { sent } = dryRun.tally.outcomes;
  return askToSend(deps, {
    facts,
    sends: sent,
    confirmAbove: options.confirmAbove,
    text: `Send to ${countUsers(sent)}${describeAt(plan.schedule, deps.clock.now())}`,
    stdinTaken: found.stdinTaken,
  });
}
