import { type Command, Option } from "commander";
import { parseCount } from "../../config/durations.ts";
import { PushCliError } from "../../errors.ts";
import type { ExitName } from "../../exit-codes.ts";
import { formatCounted, formatDuration } from "../../output/format.ts";
import { type ListedPool, listPools, type PoolSort } from "../../pool/list.ts";
import type { Deps, RunAction } from "../deps.ts";
import { NO_POOL_HINT } from "../no-pool-hint.ts";

interface ListFlags {
  minValid?: string;
  sort: PoolSort;
  limit?: string;
}

const EXAMPLES = `
Examples:
  $ push-cli pool list --limit 20
  $ push-cli pool list --min-valid 1 --sort expiry --limit 100
  $ push-cli pool list --json | jq -r 'select(.valid == 0).openId'`;

export function registerPoolList(pool: Command, run: RunAction): void {
  pool
    .command("list")
    .description("one line a pool: openId, valid, expired and unreadable codes, first and last expiry")
    .option("--min-valid <n>", "only pools with at least so many valid codes")
    .addOption(
      new Option("--sort <order>", "scan: as they come; valid: most first; expiry: soonest first")
        .choices(["scan", "valid", "expiry"])
        .default("scan"),
    )
    .option("--limit <n>", "at most so many lines")
    .addHelpText("after", EXAMPLES)
    .action(run(list));
}

async function list(deps: Deps, flags: ListFlags): Promise<ExitName> {
  const minValid =
    flags.minValid === undefined ? 0 : parseCount(flags.minValid, { name: "--min-valid", min: 0 });
  const limit = flags.limit === undefined ? undefined : parseCount(flags.limit, { name: "--limit", min: 1 });
  const { pools } = await deps.stores();
  const nowMs = await pools.now();
  const progress = deps.out.progress();
  const onStep = (read: number) => progress.update(() => `${formatCounted(read, "pool")} read`);
  const found = listPools(pools, { minValid, sort: flags.sort, limit, onStep });
  const listed = await present(deps, untilFirst(found, progress.done), nowMs);
  progress.done();
  if (listed > 0 || deps.out.closed.aborted) return "done";
  const what = minValid > 0 ? `no pool with at least ${minValid} valid codes` : "no pool";
  throw new PushCliError("nothing", `there is ${what} under '${pools.keyOf("")}*'`, {
    hint: NO_POOL_HINT,
  });
}

/** Passes items on; `atFirst` ends the live line before there is other output. */
async function* untilFirst<T>(items: AsyncIterable<T>, atFirst: () => void): AsyncGenerator<T> {
  for await (const item of items) {
    atFirst();
    yield item;
  }
}

/** Lines per table on a terminal, where a table needs its rows before it can be drawn. */
const TABLE_ROWS = 1000;

const COLUMNS = [
  { title: "openId" },
  { title: "valid", align: "right" as const },
  { title: "expired", align: "right" as const },
  { title: "unreadable", align: "right" as const },
  { title: "expires in", align: "right" as const },
  { title: "last in", align: "right" as const },
];

/** Streams the pools out; returns how many there were. */
async function present({ out }: Deps, pools: AsyncIterable<ListedPool>, nowMs: number): Promise<number> {
  let listed = 0;
  let rows: (string | number)[][] = [];
  const time = (ms: number | undefined) => {
    if (ms === undefined) return "";
    return out.format === "human" ? formatDuration(ms - nowMs) : new Date(ms).toISOString();
  };
  for await (const pool of pools) {
    if (out.closed.aborted) break;
    listed++;
    if (out.format === "json") {
      await out.line(toDocument(pool));
      continue;
    }
    const { openId, valid, expired, unreadable, nextExpireMs, lastExpireMs } = pool;
    rows.push([openId, valid, expired, unreadable, time(nextExpireMs), time(lastExpireMs)]);
    if (rows.length >= (out.format === "human" ? TABLE_ROWS : 1)) {
      await out.table(COLUMNS, rows);
      rows = [];
    }
  }
  if (rows.length > 0) await out.table(COLUMNS, rows);
  return listed;
}

/** One line of the NDJSON of `pool list`; a contract. */
function toDocument({ openId, valid, expired, invalid, unreadable, nextExpireMs, lastExpireMs }: ListedPool) {
  const iso = (ms: number | undefined) => (ms === undefined ? null : new Date(ms).toISOString());
  return {
    openId,
    valid,
    expired,
    invalid,
    unreadable,
    nextExpiry: iso(nextExpireMs),
    lastExpiry: iso(lastExpireMs),
  };
}
