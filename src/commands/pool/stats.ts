import type { Command } from "commander";
import { parseCount } from "../../config/durations.ts";
import { untilWhole } from "../../errors.ts";
import type { ExitName } from "../../exit-codes.ts";
import { formatCount } from "../../output/format.ts";
import { collectStats } from "../../pool/collect-stats.ts";
import type { StatsDocument } from "../../pool/stats-document.ts";
import type { Deps, RunAction } from "../deps.ts";
import { stopAtSignal } from "../interrupt.ts";
import { noPool } from "../no-pool.ts";
import { warnOfPassed } from "../passed-over.ts";
import { templateOption } from "./consents/common.ts";
import { showConsentStats } from "./consents/stats.ts";
import { checkPattern } from "./pattern.ts";
import { countForProgress, readProgress } from "./read-progress.ts";
import { showStatsScreen } from "./stats-screen.ts";

interface StatsFlags {
  template?: string;
  sample?: string;
  match?: string;
}

const EXAMPLES = `
Days are in this machine's time zone; set the variable TZ for another one.
--sample counts all pools but reads only some, chosen at random, which is much
cheaper for Redis. Estimates are shown with their 95% confidence intervals.

Examples:
  $ push-cli pool stats
  $ push-cli pool stats --sample 10000
  $ TZ=Asia/Shanghai push-cli pool stats --json | jq .reachableBy`;

/** Fewer say nothing, and the intervals go by quantiles that hold from here on. */
const SMALLEST_SAMPLE = 10;

export function registerPoolStats(pool: Command, run: RunAction): void {
  pool
    .command("stats")
    .description("Show reachable users and codes by state, expiry and writer")
    .option("--sample <n>", "Estimate from n pools sampled at random")
    .option("--match <pattern>", "Only openIds that match a glob pattern: *, ? and [ab]")
    .addOption(templateOption())
    .addHelpText("after", EXAMPLES)
    .action(run(stats));
}

async function stats(deps: Deps, flags: StatsFlags): Promise<ExitName> {
  const sample =
    flags.sample === undefined
      ? undefined
      : parseCount(flags.sample, { name: "--sample", min: SMALLEST_SAMPLE });
  const match = flags.match === undefined ? undefined : checkPattern(flags.match);
  const consents = await deps.consents(flags.template);
  if (consents) return showConsentStats(deps, consents, { match, sample });
  const stop = stopAtSignal(deps);
  try {
    const signal = AbortSignal.any([stop.signal, deps.out.closed]);
    const document = await collect(deps, { sample, match, signal });
    if (!document) {
      if (stop.exit) deps.out.talk("interrupted; no partial statistics are shown");
      return stop.exit ?? "done";
    }
    const { passedOver } = (await deps.stores()).pools;
    await present(deps, { ...document, passedOver: passedOver.keys });
    await warnOfPassed(deps);
    return "done";
  } finally {
    stop.undo();
  }
}

type CollectFlags = Pick<Parameters<typeof collectStats>[1], "sample" | "match" | "signal">;

/** Counts with a live line; rejects when there is no pool. */
async function collect(deps: Deps, flags: CollectFlags): Promise<StatsDocument | undefined> {
  const { pools } = await deps.stores();
  const total = flags.sample === undefined ? await countForProgress(deps, flags.match) : undefined;
  const counting = flags.sample === undefined ? undefined : deps.out.progress();
  let reading: ReturnType<typeof readProgress> | undefined;
  const options: Parameters<typeof collectStats>[1] = {
    ...flags,
    random: () => deps.clock.random(),
    onCount: (count) => counting?.update(() => `counting: ${formatCount(count)} pools`),
    onRead: (read, sampled) => {
      reading ??= readProgress(deps, sampled ?? total);
      reading.update(read);
    },
  };
  const document = await untilWhole(() => collectStats(pools, options));
  counting?.done();
  reading?.end();
  if (document && document.pools === 0) {
    throw await noPool(deps, flags.match);
  }
  return document;
}

async function present(deps: Deps, document: StatsDocument & { passedOver: number }): Promise<void> {
  if (deps.out.format !== "human") return deps.out.document(document);
  await showStatsScreen(deps.out, document);
}
