import type { PermissionKind } from "../../broadcast/channel.ts";
import type { BroadcastRecord, KnownRun } from "../../broadcast/record.ts";
import type { Recount } from "../../broadcast/recount.ts";
import type { ResumeSpec, Retry } from "../../broadcast/resume.ts";
import { hasBegun } from "../../broadcast/schedule.ts";
import type { ReceiptCounts } from "../../broadcast/take-receipts.ts";
import { type BroadcastView, viewBroadcast } from "../../broadcast/view.ts";
import type { Settings } from "../../config/settings.ts";
import { PushCliError } from "../../errors.ts";
import type { ExitName } from "../../exit-codes.ts";
import { formatCount, formatCounted, formatTime } from "../../output/format.ts";
import type { Fact } from "../../output/output.ts";
import type { Deps } from "../deps.ts";
import { nameOf, spendsOf } from "../permission-words.ts";
import { canaryFacts } from "./canary-words.ts";
import { policyFacts } from "./filter-words.ts";
import type { RunOptions } from "./options.ts";
import { checkApiBase } from "./preflight.ts";
import { countUsers, messageFacts, paceFact, reportFact, settingFacts } from "./question.ts";
import { scheduleFacts } from "./schedule-flags.ts";
import { describeOutcomes, describeStatus } from "./summary.ts";
import { tellingFacts } from "./telling.ts";

/** What the question and the dry run show besides the plan. */
export interface Asked {
  target: "same" | "unknown" | "other";
  options: RunOptions;
  /** What speaks against the Redis. */
  danger: readonly Fact[];
  flags: { report?: string; retryUnknown?: boolean; now?: boolean };
}

/** What a resume would do, counted from pools and ledgers. */
export interface ResumePlan {
  view: BroadcastView;
  /** Messages that it may come to. */
  sends: number;
  /** Of them: new users, claims without an outcome, retries. */
  fresh: number;
  open: number;
  retries: number;
  /** Claims without an outcome, and outcomes to retry, of users who are suppressed since: nothing is sent to them. */
  suppressed: number;
  limit: number | undefined;
  /** What receipts say of unknown outcomes; the counts go by it already. */
  receipts: ReceiptCounts | undefined;
}

export function planResume(
  record: BroadcastRecord,
  runs: readonly KnownRun[],
  recount: Recount,
  { retry, limit: given }: Pick<ResumeSpec, "retry" | "limit">,
  receipts?: ReceiptCounts,
): ResumePlan {
  const view = viewBroadcast(record, runs, recount);
  const limit = given === undefined ? record.limit : (given ?? undefined);
  const { settled, suppressedSince } = recount;
  const open = recount.open - suppressedSince.open;
  const claims = settled.recipients - settled.outcomes.no_code + recount.open;
  const isThrough =
    record.status === "finished" && !(record.cut && (limit ?? Infinity) > (record.limit ?? 0));
  const reachable = recount.left + recount.again;
  const room = limit === undefined ? reachable : Math.max(0, limit - claims);
  const fresh = isThrough ? 0 : Math.min(reachable, room);
  const retried = (counts: Record<Retry, number>) => retry.reduce((sum, kind) => sum + counts[kind], 0);
  // Receipts may have settled some of the suppressed.
  const retries = Math.max(0, retried(settled.outcomes) - retried(suppressedSince));
  const suppressed = suppressedSince.open + retried(suppressedSince);
  return { view, fresh, open, retries, suppressed, sends: fresh + open + retries, limit, receipts };
}

/**
 * Holds appid and API against those that the broadcast began with. Rejects with `config` when they are not meant to differ,
 * with `confirm` when --yes alone is not enough of an answer.
 */
export function checkTarget(
  record: BroadcastRecord,
  { appid, apiBase, sources }: Settings,
  yes: boolean,
): "same" | "unknown" | "other" {
  checkAppid(record, appid ?? "");
  const target = checkApiBase(record, { apiBase, isFromFlag: sources.apiBase === "flag" });
  if (target !== "unknown" || !yes) return target;
  throw new PushCliError(
    "confirm",
    `broadcast '${record.id}' has no record of the API it was started through`,
    {
      hint: `to continue through ${apiBase}, use --yes --api-base ${apiBase}`,
    },
  );
}

/** openIds and codes belong to one mini program: those of another would all be refused. */
function checkAppid(record: BroadcastRecord, appid: string): void {
  if (record.appid === "" || record.appid === appid) return;
  throw new PushCliError(
    "config",
    `broadcast '${record.id}' belongs to appid ${record.appid}, not to ${appid}`,
    {
      hint: "set the PUSH_CLI_APPID or --profile it was started with",
    },
  );
}

const API_NOTES = {
  same: "",
  unknown: " (the original API is not known)",
  other: ", NOT the original API",
};

export async function resumeFacts(
  deps: Deps,
  plan: ResumePlan,
  { target, options, flags, danger }: Asked,
): Promise<Fact[]> {
  const { record, result } = plan.view;
  const spends = await spendsOf(deps, record.message);
  const began = target === "other" ? `${API_NOTES.other}: ${record.apiBase}` : API_NOTES[target];
  return [
    [
      "broadcast",
      `${record.id}, ${hasBegun(record) ? "started" : "scheduled"} ${formatTime(record.startedAtMs)}`,
    ],
    ["status", describeStatus(result)],
    ...(await settingFacts(deps, record.message, began)),
    ...messageFacts(record.message),
    ...policyFacts(record.policy),
    ...scheduleFacts(record.schedule, deps.clock.now(), hasBegun(record) || flags.now),
    ...canaryFacts(result.canary),
    ...danger,
    [
      "done",
      result.outcomes === null
        ? "-"
        : `${describeOutcomes(result.outcomes)} (from the ledgers${plan.receipts ? " and receipts" : ""})`,
    ],
    ["to go", toGoText(plan, spends)],
    [
      "spends",
      spends === "none" ? "no stored permissions" : `up to ${formatCounted(plan.sends, nameOf(spends))}`,
    ],
    ...(plan.receipts ? receiptFacts(plan.receipts) : []),
    ...(flags.retryUnknown ? unknownFacts(plan.receipts) : []),
    paceFact(plan.sends, options.engine.rate ?? record.rate),
    reportFact(flags.report),
    ...tellingFacts(options.telling),
  ];
}

function receiptFacts({ sent, rejected, unknown }: ReceiptCounts): Fact[] {
  const known = `${formatCount(sent)} sent, ${formatCount(rejected)} rejected`;
  return [["receipts", `${known}, ${formatCount(unknown)} still unknown`]];
}

function unknownFacts(receipts: ReceiptCounts | undefined): Fact[] {
  if (!receipts) return [UNKNOWN_FACT];
  if (receipts.unknown === 0) return [];
  const whom = countUsers(receipts.unknown);
  return [["warning", `--retry-unknown: ${whom} may already have the message and get it twice`]];
}

const UNKNOWN_FACT: Fact = [
  "warning",
  "--retry-unknown: codes with several uses (prepay_id) may deliver the message twice",
];

function toGoText({ fresh, open, retries, suppressed, limit }: ResumePlan, spends: PermissionKind): string {
  const parts = [`${countUsers(fresh)} not yet sent to`];
  const same = spends === "none" ? "" : ` (same ${nameOf(spends)})`;
  if (open > 0) parts.push(`${formatCount(open)} claimed without an outcome${same}`);
  if (retries > 0) parts.push(`${formatCount(retries)} to retry`);
  if (suppressed > 0) parts.push(`${formatCount(suppressed)} suppressed since, not sent to`);
  if (limit !== undefined) parts.push(`limit ${formatCount(limit)}`);
  return parts.join(", ");
}

/** The dry run of a resume. */
export async function showPlan(deps: Deps, plan: ResumePlan, asked: Asked): Promise<ExitName> {
  const { out } = deps;
  const { sends, fresh, open, retries, view } = plan;
  // Of a finished one the result says 0, but a wider limit lets more in.
  const counts = { toGo: fresh + open, wouldSend: sends, toSend: { fresh, open, retries } };
  const document = {
    ...view.result,
    dryRun: true,
    ...counts,
    ...(plan.receipts ? { receipts: plan.receipts } : {}),
  };
  if (out.format !== "human") await out.document(document);
  else {
    out.facts(await resumeFacts(deps, plan, asked));
    out.data(`dry run: would send to up to ${countUsers(sends)}; nothing was sent`);
  }
  return "done";
}
