import type { Command } from "commander";
import { SeenIds } from "../../broadcast/seen-ids.ts";
import { type SuppressTotals, suppressUsers, type Wish } from "../../broadcast/suppression.ts";
import { PushCliError } from "../../errors.ts";
import type { ExitName } from "../../exit-codes.ts";
import { checkEncoding } from "../../files/decode.ts";
import { openInput } from "../../files/input-file.ts";
import { readPages } from "../../files/records.ts";
import { createSpool, type Spool } from "../../files/spool.ts";
import { formatCount, formatCounted } from "../../output/format.ts";
import { BadRows } from "../broadcast/bad-rows.ts";
import { createPager } from "../broadcast/pager.ts";
import type { Deps, RunAction } from "../deps.ts";
import { stopAtSignal } from "../interrupt.ts";
import { encodingOption } from "../open-ids.ts";
import { createRowReader } from "./read-row.ts";
import { showTotals } from "./show-totals.ts";
import { changedBy, openIdReader, parseReasonFlag } from "./wish.ts";

interface ImportFlags {
  reason?: string;
  encoding?: string;
  dryRun?: boolean;
  skipBadRows?: boolean;
}

const EXAMPLES = `
The columns are openId, reason and until (ISO 8601, or seconds or milliseconds
since 1970); the last two may be missing. CSV without a header line must have
them in this order; a file of one openId per line is fine, too. The output of
suppress list is accepted as is. The first row of a user counts.

Nothing is changed if a row is invalid, unless --skip-bad-rows is given. Rows
that have ended are skipped. The same file again changes nothing.

Examples:
  $ push-cli suppress import unsubscribed.csv --dry-run
  $ push-cli suppress import unsubscribed.txt --reason "unsubscribed in May"
  # Copy the list to another Redis
  $ push-cli suppress list --json | push-cli suppress import - --profile other`;

export function registerSuppressImport(suppress: Command, run: RunAction): void {
  suppress
    .command("import [file]")
    .description("Add users from a file or stdin to the suppression list")
    .option("--reason <text>", "Reason of rows without one")
    .addOption(encodingOption())
    .option("--skip-bad-rows", "Skip rows that are invalid")
    .option("--dry-run", "Check and count the rows; change nothing")
    .addHelpText("after", EXAMPLES)
    .action(
      run((deps, flags: ImportFlags, file: string | undefined) => importList(deps, flags, file ?? "-")),
    );
}

/** What was read of a file. */
interface Listed {
  rows: number;
  /** Left out: their end has come, or the user is there already. */
  ended: number;
  duplicates: number;
  bad: BadRows;
}

async function importList(deps: Deps, flags: ImportFlags, path: string): Promise<ExitName> {
  const { reason } = parseReasonFlag(flags.reason);
  if (flags.encoding !== undefined) checkEncoding(flags.encoding);
  const { suppression } = await deps.stores();
  const toWish = createRowReader(await openIdReader(deps), await suppression.now(), reason);
  const input = openInput(path, deps.io);
  if (path === "-" && deps.io.stdin.isTTY)
    deps.out.talk("reading openIds from the terminal; press Ctrl-D to end");
  const stop = stopAtSignal(deps, () => input.destroy());
  const pages = createSpool<Wish[]>();
  try {
    const records = readPages(input, { headless: HEADLESS, encoding: flags.encoding });
    const listed = await readAll(records, toWish, pages, stop.signal);
    if (stop.exit) return stop.exit;
    checkListed(deps, listed, path, flags.skipBadRows === true);
    const { signal } = stop;
    const dryRun = flags.dryRun === true;
    const progress = deps.out.progress();
    const onStep = ({ added, changed, unchanged }: SuppressTotals) =>
      progress.update(() => `${formatCounted(added + changed + unchanged, "user")} done`);
    const options = { by: changedBy(deps), dryRun, signal, onStep };
    const totals = await suppressUsers(suppression, pages.read(), options).finally(() => progress.done());
    await showTotals(deps, totals, dryRun, describe(listed, stop.exit !== undefined));
    return stop.exit ?? (listed.bad.count > 0 ? "partial" : "done");
  } finally {
    stop.undo();
    await pages.close();
  }
}

/** The columns of a file without a header line: those of the rows that `suppress list` prints. */
const HEADLESS = ["openId", "reason", "until", "added", "by"];

/** Reads everything before anything is changed. */
async function readAll(
  records: ReturnType<typeof readPages>,
  toWish: ReturnType<typeof createRowReader>,
  pages: Spool<Wish[]>,
  signal: AbortSignal,
): Promise<Listed> {
  const listed: Listed = { rows: 0, ended: 0, duplicates: 0, bad: new BadRows() };
  const seen = new SeenIds();
  const pager = createPager<Wish>((some) => pages.add(some));
  try {
    for await (const page of records) {
      for (const record of page) {
        listed.rows++;
        const wish = toWish(record);
        if (typeof wish === "string") listed.bad.add(record.line, wish, { canSkip: true });
        else if (seen.see(wish.openId, "") !== "new") listed.duplicates++;
        else if (wish.isOver) listed.ended++;
        else await pager.add(wish.wish, wish.openId.length + (wish.wish.reason?.length ?? 0));
      }
    }
    await pager.end();
  } catch (error) {
    // Destroying the input is how Ctrl-C ends a read that waits for more.
    if (!signal.aborted) throw error;
  }
  return listed;
}

function checkListed({ out }: Deps, { rows, bad }: Listed, path: string, skips: boolean): void {
  const name = path === "-" ? "stdin" : path;
  if (bad.count > 0 && !skips) throw bad.error(name, "nothing was changed");
  if (rows === 0 || bad.count === rows) {
    throw new PushCliError("nothing", `no openId in ${name}`, {
      hint: "give one openId per line, or CSV or NDJSON with the columns openId, reason and until",
      details: bad.details,
    });
  }
  if (bad.count > 0) out.warn(`warning: ${bad.describe()}`);
}

function describe({ rows, ended, duplicates, bad }: Listed, isCut: boolean) {
  const counts = { lines: rows, bad: bad.count, ended, duplicates };
  const words = [
    ...(ended > 0 ? [`${formatCount(ended)} ended`] : []),
    ...(duplicates > 0 ? [formatCounted(duplicates, "duplicate")] : []),
    ...(bad.count > 0 ? [formatCounted(bad.count, "invalid row")] : []),
    ...(isCut ? ["stopped early"] : []),
  ];
  return { counts, words, ...(isCut ? { complete: false as const } : {}) };
}
