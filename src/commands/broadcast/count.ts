import { type Audience, type AudiencePage, countListed, type Row } from "../../broadcast/audience.ts";
import type { Message } from "../../broadcast/channel.ts";
import { isNobodyReachable } from "../../broadcast/conclude.ts";
import { countAudience, type DryRun, dryRunResult } from "../../broadcast/dry-run.ts";
import { sumWithheld } from "../../broadcast/outcome.ts";
import { sumFiltered } from "../../broadcast/policy.ts";
import type { BroadcastResult } from "../../broadcast/record.ts";
import type { Schedule } from "../../broadcast/schedule.ts";
import { assignVariants, createMessages } from "../../broadcast/variants.ts";
import { redactUrl } from "../../config/redact-url.ts";
import { PushCliError, untilWhole } from "../../errors.ts";
import type { ExitName } from "../../exit-codes.ts";
import { formatCount } from "../../output/format.ts";
import type { Fact } from "../../output/output.ts";
import { countPools } from "../count-pools.ts";
import type { Deps } from "../deps.ts";
import { warnOfPassed } from "../passed-over.ts";
import { nameOf, spendsOf } from "../permission-words.ts";
import type { CanaryCount } from "./canary-words.ts";
import { describeFiltered, describeWithheld } from "./filter-words.ts";
import type { Filters } from "./filters.ts";
import { countUsers } from "./question.ts";
import { showSummary } from "./summary.ts";

async function* audiencePages(
  deps: Deps,
  audience: Audience,
  message: Message,
): AsyncGenerator<AudiencePage> {
  if (audience.kind === "list") yield* audience.pages();
  else for await (const openIds of (await deps.stores(message)).pools.sweep()) yield { openIds };
}

/** What is to be counted. */
interface Counted {
  audience: Audience;
  message: Message;
  limit: number | undefined;
  filters: Pick<Filters, "policy" | "choice"> | undefined;
  schedule?: Schedule | undefined;
}

/** No broadcast's id begins with a dash, so no ledger has a record of it. */
const NO_BROADCAST = "-dry-run";

/** Counts with the read-only claim, with progress. `onReachable` may hear of a user more than once. */
export async function countCodes(
  deps: Deps,
  { audience, message, limit, filters }: Counted,
  onReachable?: (openId: string) => void,
): Promise<DryRun> {
  const stores = await deps.stores(message);
  const { choice } = filters ?? {};
  const ledger = stores.ledger({ broadcastId: NO_BROADCAST, runId: "dryrun", dryRun: true, choice });
  const progress = deps.out.progress();
  const onStep = ({ recipients, outcomes: { sent } }: DryRun["tally"]) =>
    progress.update(() => `counting: ${formatCount(recipients)} users, ${formatCount(sent)} reachable`);
  const channel = await deps.channel();
  const messageOf = createMessages(message);
  const render = (openId: string, permission: string, row?: Row) =>
    channel.render(messageOf(openId, row), openId, permission);
  const assignment = assignVariants(message.variants);
  const dryRun = await untilWhole(() =>
    countAudience(
      ledger,
      audiencePages(deps, audience, message),
      render,
      limit,
      onStep,
      onReachable,
      assignment,
    ),
  );
  progress.done();
  return dryRun;
}

/** What the broadcast would be asked for, and the counts of what it would do. */
export async function showDryRun(
  deps: Deps,
  counted: Counted,
  describe: (dryRun: DryRun) => Promise<{ facts: Fact[]; canary: CanaryCount | undefined }>,
): Promise<ExitName> {
  const { out, clock } = deps;
  const { audience, message } = counted;
  const startedAtMs = clock.now();
  const dryRun = await countCodes(deps, counted);
  const { sample, samples, left } = dryRun;
  const invalid = (audience.kind === "list" && audience.invalid?.count) || 0;
  const result = dryRunResult(
    dryRun,
    { message, invalid, startedAtMs, policy: counted.filters?.policy, schedule: counted.schedule },
    clock,
  );
  const { facts: told, canary } = await describe(dryRun);
  if (out.format === "human") {
    out.facts(told);
    for (const [title, body] of samplesOf(message, dryRun))
      out.data(`\n${title}: ${JSON.stringify(body, null, 2)}\n`);
  }
  const passedOver = (await deps.stores(message)).pools.passedOver.keys;
  deps.note({ counts: result.outcomes });
  if (out.format !== "human") {
    const { columns } = message;
    const warnings = told.filter(([name]) => name === "warning").map(([, text]) => text);
    const variants = result.variants?.map((variant, i) => {
      return samples[i] ? { ...variant, sample: samples[i] } : variant;
    });
    await out.document({
      ...result,
      ...(variants ? { variants } : {}),
      target: await targetOf(deps),
      leftWithout: left[0],
      leftWith: { none: left[0], one: left[1], two: left[2], more: left[3] },
      passedOver,
      ...(canary ? { canary } : {}),
      ...(columns ? { columns } : {}),
      ...(warnings.length > 0 ? { warnings } : {}),
      ...(sample ? { sample } : {}),
    });
  } else await showSummary(deps, result, await spendsOf(deps, message));
  await warnOfPassed(deps, message);
  if (isNobodyReachable(result)) throw await noneReachable(deps, message, result);
  if (out.format === "human") out.talk("next: run the same command without --dry-run to send");
  return "done";
}

/** The first message that would go out, or the first of each variant. */
function samplesOf({ variants }: Message, { sample, samples }: DryRun): [title: string, body: object][] {
  if (!variants) return sample ? [["sample", sample]] : [];
  return variants.list.flatMap(({ name }, i): [string, object][] =>
    samples[i] ? [[`sample of variant ${name}`, samples[i]]] : [],
  );
}

/** Where it would go, by the settings. */
async function targetOf(deps: Deps) {
  const { profile = null, appid, redisUrl, channel, apiBase } = await deps.settings();
  return { profile, appid, redis: redactUrl(redisUrl), channel, apiBase };
}

/** What a broadcast ends with that can't reach anybody, before or after its first claim. */
export async function noneReachable(
  deps: Deps,
  message: Message,
  { outcomes, filtered = {} }: Pick<BroadcastResult, "outcomes" | "filtered">,
): Promise<PushCliError> {
  const name = nameOf(await spendsOf(deps, message));
  const { no_code: count } = outcomes;
  const without =
    count === 1 ? `the user has no valid ${name}` : `none of ${countUsers(count)} has a valid ${name}`;
  const [sum, withheld] = [sumFiltered(filtered), sumWithheld(outcomes)];
  if (sum + withheld === 0)
    return new PushCliError("nothing", without, { hint: "to see what the pools hold: push-cli pool list" });
  const parts = [
    ...(sum > 0 ? [`the filters exclude ${countUsers(sum)} (${describeFiltered(filtered)})`] : []),
    ...(withheld > 0
      ? [`the message is withheld from ${countUsers(withheld)} (${describeWithheld(outcomes)})`]
      : []),
    ...(count > 0 ? [`of the others, ${without}`] : []),
  ];
  return new PushCliError("nothing", parts.join("; "), { hint: hintOfExcluded(sum, outcomes) });
}

function hintOfExcluded(filtered: number, { suppressed }: BroadcastResult["outcomes"]): string {
  if (filtered > 0)
    return "each user counts under the first filter that applies; loosen a filter to reach more";
  if (suppressed > 0) return "to see who is suppressed: push-cli suppress list";
  return "push-cli help audience explains whom a message is withheld from, and why";
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
