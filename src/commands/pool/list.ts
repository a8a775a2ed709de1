import { type Command, Option } from "commander";
import { parseCount, parseDuration } from "../../config/durations.ts";
import { usageError } from "../../errors.ts";
import type { ExitName } from "../../exit-codes.ts";
import { formatCount, formatDuration } from "../../output/format.ts";
import type { Cell } from "../../output/output.ts";
import { type ListedPool, listPools, type PoolFilter, type PoolSort } from "../../pool/list.ts";
import type { Deps, RunAction } from "../deps.ts";
import { requireAnyPool } from "../no-pool.ts";
import { warnOfPassed } from "../passed-over.ts";
import { isoOf, templateOption } from "./consents/common.ts";
import { listConsentPools } from "./consents/list.ts";
import { checkPattern } from "./pattern.ts";
import { readProgress } from "./read-progress.ts";
import { type RowView, streamRows } from "./stream-rows.ts";

interface ListFlags {
  template?: string;
  minValid?: string;
  maxValid?: string;
  expiringWithin?: string;
  unreadable?: boolean;
  match?: string;
  sort: PoolSort;
  limit?: string;
}

const EXAMPLES = `
Sorting keeps the listed pools in memory: without --limit, the first 10,000.

Examples:
  $ push-cli pool list --limit 20
  # List the users to write to today
  $ push-cli pool list --expiring-within 24h --sort expiry --limit 100
  $ push-cli pool list --max-valid 0 --json | jq -r .openId
  $ push-cli pool list --unreadable --match 'oAB*'`;

export function registerPoolList(pool: Command, run: RunAction): void {
  pool
    .command("list")
    .alias("ls")
    .description("List pools with their valid, expired and unreadable codes and expiry times")
    .option("--min-valid <n>", "Only pools with at least n valid codes")
    .option("--max-valid <n>", "Only pools with at most n valid codes")
    .option(
      "--expiring-within <time>",
      "Only pools with a valid code that expires within this time, for example 24h",
    )
    .option("--unreadable", "Only pools with unreadable entries")
    .option("--match <pattern>", "Only openIds that match a glob pattern: *, ? and [ab]")
    .addOption(
      new Option(
        "--sort <order>",
        "Sort order: scan (unsorted), valid (most first) or expiry (soonest first)",
      )
        .choices(["scan", "valid", "expiry"])
        .default("scan"),
    )
    .option("--limit <n>", "Maximum number of pools to list")
    .addOption(templateOption())
    .addHelpText("after", EXAMPLES)
    .action(run(list));
}

async function list(deps: Deps, flags: ListFlags): Promise<ExitName> {
  const filter = parseFilter(flags);
  const limit = flags.limit === undefined ? undefined : parseCount(flags.limit, { name: "--limit", min: 1 });
  const consents = await deps.consents(flags.template);
  if (consents) return listConsentPools(deps, consents, { filter, sort: flags.sort, limit });
  const { pools } = await deps.stores();
  const nowMs = await pools.now();
  const progress = readProgress(deps);
  let met = 0;
  const found = listPools(pools, {
    filter,
    sort: flags.sort,
    limit,
    onStep: (read) => {
      met = read;
      progress.update(read);
    },
    onCut: (kept, all) => {
      const [first, of] = [formatCount(kept), formatCount(all)];
      deps.out.talk(`showing the first ${first} of ${of} pools; use --limit <n> to show more`);
    },
  });
  const listed = await streamRows(deps, found, viewAt(nowMs), progress.end);
  progress.end();
  await warnOfPassed(deps);
  if (listed > 0 || deps.out.closed.aborted) return "done";
  if (met === 0) await requireAnyPool(deps);
  deps.out.talk("no pools match");
  return "done";
}

function parseFilter({ minValid, maxValid, expiringWithin, unreadable, match }: ListFlags): PoolFilter {
  const filter: PoolFilter = {
    match: match === undefined ? undefined : checkPattern(match),
    minValid: minValid === undefined ? undefined : parseCount(minValid, { name: "--min-valid" }),
    maxValid: maxValid === undefined ? undefined : parseCount(maxValid, { name: "--max-valid" }),
    expiringWithinMs:
      expiringWithin === undefined ? undefined : parseDuration(expiringWithin, "--expiring-within"),
    unreadable,
  };
  if ((filter.minValid ?? 0) <= (filter.maxValid ?? Number.POSITIVE_INFINITY)) return filter;
  throw usageError(
    `--min-valid ${minValid} is greater than --max-valid ${maxValid}`,
    "lower --min-valid or raise --max-valid",
  );
}

const COLUMNS = [
  { title: "openId", isId: true },
  { title: "valid", align: "right" as const },
  { title: "expired", align: "right" as const },
  { title: "unreadable", align: "right" as const },
  { title: "expires in", name: "nextExpiry", align: "right" as const },
  { title: "last in", name: "lastExpiry", align: "right" as const },
];

function viewAt(nowMs: number): RowView<ListedPool> {
  return {
    noun: "pool",
    columns: COLUMNS,
    screenRow: (pool) => toRow(pool, (ms) => formatDuration(ms - nowMs)),
    plainRow: (pool) => toRow(pool, (ms) => new Date(ms).toISOString()),
    document: toDocument,
  };
}

function toRow(pool: ListedPool, formatMs: (ms: number) => string): Cell[] {
  const time = (ms: number | undefined) => (ms === undefined ? "" : formatMs(ms));
  const { openId, valid, expired, unreadable, nextExpireMs, lastExpireMs } = pool;
  return [openId, valid, expired, unreadable, time(nextExpireMs), time(lastExpireMs)];
}

/** One line of the NDJSON of `pool list`; a contract. */
function toDocument({ openId, valid, expired, invalid, unreadable, nextExpireMs, lastExpireMs }: ListedPool) {
  return {
    openId,
    valid,
    expired,
    invalid,
    unreadable,
    nextExpiry: isoOf(nextExpireMs),
    lastExpiry: isoOf(lastExpireMs),
  };
}
