import type { Command } from "commander";
import { SeenIds } from "../../broadcast/seen-ids.ts";
import type { SuppressedUser, SuppressionList } from "../../broadcast/suppression.ts";
import type { ExitName } from "../../exit-codes.ts";
import { formatMinute } from "../../output/format.ts";
import type { Cell } from "../../output/output.ts";
import type { Deps, RunAction } from "../deps.ts";
import { isoOf } from "../pool/consents/common.ts";
import { checkPattern } from "../pool/pattern.ts";
import { type RowView, streamRows } from "../pool/stream-rows.ts";

interface ListFlags {
  match?: string;
  all?: boolean;
}

const EXAMPLES = `
The output with --json, --format csv or in a pipe is what suppress import reads.

Examples:
  $ push-cli suppress list --match 'oAB*'
  $ push-cli suppress list --json > suppressed.ndjson`;

export function registerSuppressList(suppress: Command, run: RunAction): void {
  suppress
    .command("list")
    .alias("ls")
    .description("List suppressed users with reason, end, and who added them")
    .option("--match <pattern>", "Only openIds that match a glob pattern: *, ? and [ab]")
    .option("--all", "Also list entries that have ended")
    .addHelpText("after", EXAMPLES)
    .action(run(list));
}

async function list(deps: Deps, { match, all = false }: ListFlags): Promise<ExitName> {
  const pattern = match === undefined ? undefined : checkPattern(match);
  const { suppression } = await deps.stores();
  const listed = await streamRows(deps, pagesOf(suppression, pattern, all), VIEW, () => undefined);
  if (listed === 0 && !deps.out.closed.aborted)
    deps.out.talk(match === undefined ? "nobody is suppressed" : "no suppressed users match");
  return "done";
}

/** Each user once: a hash that grows while it is read may name some again. */
async function* pagesOf(
  suppression: SuppressionList,
  match: string | undefined,
  all: boolean,
): AsyncGenerator<SuppressedUser[]> {
  const seen = new SeenIds();
  for await (const users of suppression.sweep(match)) {
    const page = users.filter(({ openId, isOver }) => (all || !isOver) && seen.see(openId, "") === "new");
    if (page.length > 0) yield page;
  }
}

const COLUMNS = [
  { title: "openId", isId: true },
  { title: "reason", wrap: true },
  { title: "until" },
  { title: "added" },
  { title: "by" },
];

const VIEW: RowView<SuppressedUser> = {
  noun: "suppressed user",
  columns: COLUMNS,
  screenRow: (user) => toRow(user, (ms, isOver) => `${formatMinute(ms)}${isOver ? " (ended)" : ""}`),
  plainRow: (user) => toRow(user, (ms) => new Date(ms).toISOString()),
  document: ({ openId, reason = null, untilMs, atMs, by = null, isOver }) => {
    const times = { until: isoOf(untilMs), added: isoOf(atMs) };
    return { openId, reason, ...times, by, ...(isOver ? { ended: true } : {}) };
  },
};

function toRow(
  { openId, reason = "", untilMs, atMs, by = "", isOver }: SuppressedUser,
  show: (ms: number, isOver: boolean) => string,
): Cell[] {
  const until = untilMs === undefined ? "" : show(untilMs, isOver);
  return [openId, reason, until, atMs === undefined ? "" : show(atMs, false), by];
}
