import type { Command } from "commander";
import type { PermissionKind } from "../../broadcast/channel.ts";
import { loadBroadcast } from "../../broadcast/load-broadcast.ts";
import { isWithheld } from "../../broadcast/policy.ts";
import type { Errcode } from "../../broadcast/ports.ts";
import { listRecipients, type RecipientFilter } from "../../broadcast/recipients.ts";
import { type ReportLine, toDocument } from "../../broadcast/report.ts";
import { DEFAULT_CHANNEL } from "../../config/settings.ts";
import { type PushCliError, usageError } from "../../errors.ts";
import type { ExitName } from "../../exit-codes.ts";
import { formatCount, formatCounted, formatTime } from "../../output/format.ts";
import type { Cell } from "../../output/output.ts";
import type { Deps, RunAction } from "../deps.ts";
import { stopAtSignal } from "../interrupt.ts";
import { listOption } from "../suggest.ts";
import { sendOf } from "./preflight.ts";

const OUTCOMES = ["sent", "no_code", "rejected", "failed", "unknown", "invalid", "open"];

const EXAMPLES = `
Read from the users' ledgers, which are kept for 8 days after the last send.
Users who never had a code or consent, and those from whom the message was
withheld (suppressed, held_out, capped), are not listed; skipped rows
("invalid") are kept for 8 days, too. With --json, lines are the same as in a
report. "open" recipients are claimed but have no outcome yet.

Examples:
  $ push-cli broadcast recipients 20261123-184012-k3f9 --outcome failed,unknown
  $ push-cli broadcast recipients 20261123-184012-k3f9 --errcode 43101 --json
  # Send another message to those whom this one did not reach
  $ push-cli broadcast recipients <id> --outcome failed --format openid \\
      | push-cli broadcast <templateId> --keywords "a,b" --to-file -`;

interface RecipientFlags {
  outcome?: string;
  errcode?: string;
}

export function registerBroadcastRecipients(broadcast: Command, run: RunAction): void {
  broadcast
    .command("recipients <id>")
    .description("List the recipients of a broadcast and their outcomes")
    .addOption(listOption("--outcome <outcomes>", `Only these outcomes: ${OUTCOMES.join(", ")}`, OUTCOMES))
    .option("--errcode <n>", "Only recipients with one of these errcodes, for example 43101,40003")
    .addHelpText("after", EXAMPLES)
    .action(run(recipients));
}

async function recipients(deps: Deps, flags: RecipientFlags, id: string): Promise<ExitName> {
  const filter: RecipientFilter = {
    outcomes: flags.outcome === undefined ? undefined : parseOutcomes(flags.outcome),
    errcodes: flags.errcode === undefined ? undefined : parseErrcodes(flags.errcode),
  };
  const { out } = deps;
  const { broadcasts, lookAtMemory } = await deps.stores();
  const record = await loadBroadcast({ store: broadcasts, lookAtMemory }, id);
  const { permission } = await deps.channel(record.channel ?? DEFAULT_CHANNEL);
  const { history, sweepLedgers } = await deps.stores(sendOf(record));
  const stop = stopAtSignal(deps);
  const writer = createWriter(deps, permission, record.message.variants !== undefined);
  let count = 0;
  try {
    for await (const lines of listRecipients({ store: broadcasts, history, sweepLedgers }, record, filter)) {
      if (stop.signal.aborted || out.closed.aborted) break;
      count += lines.length;
      if (lines.length > 0) await writer.write(lines);
    }
    await writer.end();
  } finally {
    stop.undo();
  }
  if (!stop.exit && !out.closed.aborted)
    out.talk(count === 0 ? `no recipients of broadcast '${id}' match` : formatCounted(count, "recipient"));
  return stop.exit ?? "done";
}

function parseOutcomes(text: string): Set<string> {
  const words = text.split(",").map((word) => word.trim());
  const withheld = words.find(isWithheld);
  if (withheld !== undefined) throw notInLedgers(withheld);
  const wrong = words.find((word) => !OUTCOMES.includes(word));
  if (wrong === undefined) return new Set(words);
  throw usageError(`--outcome: '${wrong}' is not an outcome`, `valid outcomes: ${OUTCOMES.join(", ")}`);
}

/** Users from whom a message is withheld have no record of it. */
function notInLedgers(outcome: string): PushCliError {
  return usageError(
    `--outcome: ${outcome} users are not in the ledgers, which list those who were sent to`,
    `only the file of broadcast --report has them: grep '"outcome":"${outcome}"' <file>; broadcast show counts them`,
  );
}

/** Numbers, and the words of platforms that have such: `40004/FORM_ID_OVER_TIME`. */
const ERRCODE = /^(?:-?\d{1,9}|(?:\d+\/)?[A-Z][\w.-]{1,60}|\d+\/[a-z][\w.-]{1,60})$/;

function parseErrcodes(text: string): Set<Errcode> {
  const words = text.split(",").map((word) => word.trim());
  const wrong = words.find((word) => !ERRCODE.test(word));
  if (wrong === undefined) return new Set(words.map((word) => (/^-?\d+$/.test(word) ? Number(word) : word)));
  throw usageError(
    `--errcode: '${wrong}' is not an errcode`,
    "use a number such as 43101, or several: 43101,40003",
  );
}

const FIELDS = ["openId", "outcome", "attempts", "errcode", "errmsg", "msgid", "formId", "at"] as const;

const COLUMNS = [
  { title: "openId", isId: true },
  { title: "outcome", whole: true },
  { title: "attempts", align: "right" as const },
  { title: "errcode", align: "right" as const },
  { title: "at", whole: true },
];

/** Rows of a table on a terminal, which needs them before it can be drawn. */
const TABLE_ROWS = 1000;

function createWriter({ out }: Deps, spends: PermissionKind, hasVariants: boolean) {
  const fields = [...FIELDS, ...(spends === "code" ? [] : ["consent"]), ...(hasVariants ? ["variant"] : [])];
  const columns = fields.map((title) => ({ title }));
  let rows: Cell[][] = [];
  const flush = async () => {
    const shown = hasVariants ? [...COLUMNS, { title: "variant" }] : COLUMNS;
    if (rows.length > 0) await out.table(shown, rows);
    rows = [];
  };
  const toCells = (line: Readonly<Record<string, Cell | null>>) => fields.map((field) => line[field] ?? "");
  const write = async (some: ReportLine[]): Promise<void> => {
    const lines = some.map((line) => ({ ...toDocument(line, spends) }));
    if (out.format === "json") return out.lines(lines);
    if (out.format === "plain") return out.table(columns, lines.map(toCells));
    rows.push(...lines.map((line) => [...toScreenRow(line), ...(hasVariants ? [line.variant ?? ""] : [])]));
    if (rows.length >= TABLE_ROWS) await flush();
  };
  return { write, end: flush };
}

function toScreenRow({ openId, outcome, attempts, errcode, at }: ReportLine): Cell[] {
  return [openId, outcome, formatCount(attempts), errcode ?? "", formatTime(Date.parse(at))];
}
