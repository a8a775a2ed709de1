import { type Audience, type AudiencePage, countListed, type Row } from "../../broadcast/audience.ts";
import type { Message } from "../../broadcast/channel.ts";
import { isNobodyReachable } from "../../broadcast/conclude.ts";
import { countAudience, type DryRun, dryRunResult } from "../../broadcast/dry-run.ts";
import { createRenderer, withTexts } from "../../broadcast/values.ts";
import { PushCliError, untilWhole } from "../../errors.ts";
import type { ExitName } from "../../exit-codes.ts";
import { formatCount } from "../../output/format.ts";
import { countPools } from "../count-pools.ts";
import type { Deps } from "../deps.ts";
import { warnOfPassed } from "../passed-over.ts";
import { nameOf, spendsOf } from "../permission-words.ts";
import { countUsers, describeFacts, type Fact } from "./question.ts";
import { showSummary } from "./summary.ts";

async function* audiencePages(
  deps: Deps,
  audience: Audience,
  message: Message,
): AsyncGenerator<AudiencePage> {
  if (audience.kind === "list") yield* audience.pages();
  else for await (const openIds of (await deps.stores(message)).pools.sweep()) yield { openIds };
}

/** Counts with the read-only claim, with progress. */
export async function countCodes(
  deps: Deps,
  audience: Audience,
  message: Message,
  limit?: number,
): Promise<DryRun> {
  const stores = await deps.stores(message);
  const ledger = stores.ledger({ broadcastId: "dry-run", runId: "dryrun", dryRun: true });
  const progress = deps.out.progress();
  const onStep = ({ recipients, outcomes: { sent } }: DryRun["tally"]) =>
    progress.update(() => `counting: ${formatCount(recipients)} users, ${formatCount(sent)} reachable`);
  const channel = await deps.channel();
  const textsOf = createRenderer(message);
  const render = (openId: string, permission: string, row?: Row) =>
    channel.render(textsOf && row ? withTexts(message, textsOf(row)) : message, openId, permission);
  const dryRun = await untilWhole(() =>
    countAudience(ledger, audiencePages(deps, audience, message), render, limit, onStep),
  );
  progress.done();
  return dryRun;
}

/** What the broadcast would be asked for, and the counts of what it would do. */
export async function showDryRun(
  deps: Deps,
  audience: Audience,
  message: Message,
  limit: number | undefined,
  facts: (dryRun: DryRun) => Promise<Fact[]>,
): Promise<ExitName> {
  const { out, clock } = deps;
  const startedAtMs = clock.now();
  const dryRun = await countCodes(deps, audience, message, limit);
  const { sample, leftWithout } = dryRun;
  const invalid = (audience.kind === "list" && audience.invalid?.count) || 0;
  const result = dryRunResult(dryRun, { message, invalid, startedAtMs }, clock);
  if (out.format === "human") {
    out.data(describeFacts(await facts(dryRun), out.style));
    if (sample) out.data(`\nsample: ${JSON.stringify(sample, null, 2)}\n`);
  }
  const passedOver = (await deps.stores(message)).pools.passedOver.keys;
  if (out.format === "json") {
    const { columns } = message;
    out.json({
      ...result,
      leftWithout,
      passedOver,
      ...(columns ? { columns } : {}),
      ...(sample ? { sample } : {}),
    });
  } else await showSummary(deps, result, await spendsOf(deps, message));
  await warnOfPassed(deps, message);
  if (isNobodyReachable(result)) throw await noneReachable(deps, message, result.outcomes.no_code);
  return "done";
}

/** What a broadcast ends with that can't reach anybody, before or after its first claim. */
export async function noneReachable(deps: Deps, message: Message, count: number): Promise<PushCliError> {
  const name = nameOf(await spendsOf(deps, message));
  const what =
    count === 1 ? `the user has no valid ${name}` : `none of ${countUsers(count)} has a valid ${name}`;
  return new PushCliError("nothing", what, {
    hint: "push-cli pool list shows what the pools hold",
  });
}

/**
 * How many users there are, counted before the first claim: a claim may empty a pool, and then it is no longer there to
 * be counted. Not for a run whose progress nobody sees.
 */
export async function countTotal(
  deps: Deps,
  audience: Audience,
  message: Message,
): Promise<number | undefined> {
  if (audience.kind === "list") return countListed(audience);
  if (deps.out.quiet) return undefined;
  return countPools(deps, "users", undefined, message);
}
