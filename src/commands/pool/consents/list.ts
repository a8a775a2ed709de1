import { usageError } from "../../../errors.ts";
import type { ExitName } from "../../../exit-codes.ts";
import { formatCount, formatDuration } from "../../../output/format.ts";
import type { Cell } from "../../../output/output.ts";
import { type ConsentFilter, type ConsentSort, listConsents } from "../../../pool/consents/list.ts";
import type { ConsentSummary } from "../../../pool/consents/summary.ts";
import type { ConsentStores, Deps } from "../../deps.ts";
import { readProgress } from "../read-progress.ts";
import { type RowView, streamRows } from "../stream-rows.ts";
import { isoOf, noConsents, warnOfLeftOut } from "./common.ts";

export interface ConsentListFlags {
  filter: ConsentFilter;
  sort: ConsentSort;
  limit: number | undefined;
}

/** `pool list` for consents: a line a user and template. */
export async function listConsentPools(
  deps: Deps,
  { pools }: ConsentStores,
  flags: ConsentListFlags,
): Promise<ExitName> {
  if (flags.filter.expiringWithinMs !== undefined && pools.maxAgeMs === undefined)
    throw usageError("--expiring-within: consents don't expire", "set --consent-max-age to let them expire");
  const nowMs = await pools.now();
  const progress = readProgress(deps);
  let met = 0;
  const found = listConsents(pools, {
    ...flags,
    onStep: (read) => {
      met = read;
      progress.update(read);
    },
    onCut: (kept, all) =>
      deps.out.talk(
        `showing the first ${formatCount(kept)} of ${formatCount(all)} pools; use --limit <n> to show more`,
      ),
  });
  const listed = await streamRows(deps, found, viewAt(nowMs), progress.end);
  progress.end();
  warnOfLeftOut(deps, pools);
  if (listed > 0 || deps.out.closed.aborted) return "done";
  if (met === 0) throw noConsents(pools, flags.filter.match);
  deps.out.talk("no pools match");
  return "done";
}

const COLUMNS = [
  { title: "openId", isId: true },
  { title: "template" },
  { title: "valid", align: "right" as const },
  { title: "standing", align: "right" as const },
  { title: "expired", align: "right" as const },
  { title: "unreadable", align: "right" as const },
  { title: "oldest", align: "right" as const },
];

function viewAt(nowMs: number): RowView<ConsentSummary> {
  return {
    noun: "pool",
    columns: COLUMNS,
    fields: FIELDS,
    screenRow: (pool) => toScreenRow(pool, nowMs),
    plainRow: toPlainRow,
    document: toDocument,
  };
}

/** Of a template's id so much that it is known again: whole, it would take half the line. */
const SHORT = 10;

function toScreenRow(pool: ConsentSummary, nowMs: number): Cell[] {
  const { openId, templateId, valid, standing, expired, unreadable, oldestMs } = pool;
  const short = templateId.length > SHORT ? `${templateId.slice(0, SHORT)}...` : templateId;
  const age = oldestMs === undefined ? "" : formatDuration(Math.max(0, nowMs - oldestMs));
  return [openId, short, valid, standing, expired, unreadable, age];
}

/** Of the rows for programs. */
const FIELDS = [
  ...["openId", "templateId", "valid", "expired", "standing", "unreadable", "oldest", "newest"],
].map((title) => ({ title }));

function toPlainRow(pool: ConsentSummary): Cell[] {
  const { openId, templateId, valid, expired, standing, unreadable, oldestMs, newestMs } = pool;
  return [
    ...[openId, templateId, valid, expired, standing, unreadable],
    isoOf(oldestMs) ?? "",
    isoOf(newestMs) ?? "",
  ];
}

/** One line of the NDJSON of `pool list` for consents; a contract. */
function toDocument(pool: ConsentSummary) {
  const { openId, templateId, valid, expired, standing, unreadable, oldestMs, newestMs } = pool;
  return {
    ...{ openId, templateId, valid, expired, standing, unreadable },
    oldest: isoOf(oldestMs),
    newest: isoOf(newestMs),
  };
}
