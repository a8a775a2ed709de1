import { OUTCOMES } from "../../broadcast/outcome.ts";
import type { BroadcastResult } from "../../broadcast/record.ts";
import { formatCount, formatDuration, formatShare } from "../../output/format.ts";
import type { Cell } from "../../output/output.ts";
import type { Deps } from "../deps.ts";

const OUTCOME_WORDS: Record<(typeof OUTCOMES)[number], string> = {
  sent: "the API accepted the message",
  no_code: "no valid code",
  rejected: "the user can't be messaged",
  failed: "refused for another reason",
  unknown: "may have been delivered",
  skipped: "settled earlier",
};

type Summary = Omit<BroadcastResult, "broadcastId"> & { broadcastId?: string };

/** The end of a broadcast: the JSON document, or tables of outcomes, codes and errors. */
export async function showSummary(deps: Deps, result: Summary): Promise<void> {
  const { out } = deps;
  if (out.format === "json") return out.json(result);
  if (out.format === "plain") return out.table([], plainRows(result));
  out.data(headline(result));
  await out.table(
    [
      { title: "outcome" },
      { title: "recipients", align: "right" },
      { title: "share", align: "right" },
      { title: "" },
    ],
    outcomeRows(result),
  );
  const codes = Object.entries(result.codes).map(([name, count]): Cell[] => [name, formatCount(count)]);
  await out.table([{ title: "codes" }, { title: "count", align: "right" }], codes);
  if (result.errors.length > 0) await out.table(ERROR_COLUMNS, await errorRows(deps, result));
}

function headline({ broadcastId, status, recipients, durationMs, dryRun }: Summary): string {
  const users = `${formatCount(recipients)} ${recipients === 1 ? "recipient" : "recipients"}`;
  if (dryRun) return `dry run: ${users}, nothing was sent`;
  const rate = durationMs > 0 ? Math.round((recipients / durationMs) * 1000) : 0;
  return `broadcast ${broadcastId}: ${status}, ${users} in ${formatDuration(durationMs)}, ${formatCount(rate)}/s`;
}

function outcomeRows({ outcomes, recipients, dryRun, open }: Summary): Cell[][] {
  const rows = OUTCOMES.filter((name) => outcomes[name] > 0 || name === "sent").map((name): Cell[] => {
    const words = dryRun && name === "sent" ? "would be sent" : OUTCOME_WORDS[name];
    const share = name === "skipped" ? "" : formatShare(outcomes[name], recipients);
    return [name, formatCount(outcomes[name]), share, words];
  });
  if (open > 0)
    rows.push(["(open)", formatCount(open), "", "claimed, not settled: resume goes on with the same code"]);
  return rows;
}

const ERROR_COLUMNS = [
  { title: "errcode", align: "right" as const },
  { title: "answers", align: "right" as const },
  { title: "errmsg" },
  { title: "meaning" },
];

async function errorRows(deps: Deps, { errors }: Summary): Promise<Cell[][]> {
  return Promise.all(
    errors.map(async ({ errcode, errmsg, count }): Promise<Cell[]> => {
      const meaning = errcode === null ? "" : ((await deps.meaningOf(errcode)) ?? "not in push-cli's table");
      return [errcode ?? "-", formatCount(count), errmsg, meaning];
    }),
  );
}

/** For a pipe: a name and a value a line, errors with their count. */
function plainRows(result: Summary): Cell[][] {
  const { outcomes, codes, errors, ...rest } = result;
  return [
    ...Object.entries(rest).map(([name, value]): Cell[] => [name, String(value)]),
    ...Object.entries(outcomes).map(([name, count]): Cell[] => [`outcomes.${name}`, count]),
    ...Object.entries(codes).map(([name, count]): Cell[] => [`codes.${name}`, count]),
    ...errors.map(({ errcode, errmsg, count }): Cell[] => [`errors.${errcode ?? "none"}`, count, errmsg]),
  ];
}
