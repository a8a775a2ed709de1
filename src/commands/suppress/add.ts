import type { Command } from "commander";
import { suppressUsers } from "../../broadcast/suppression.ts";
import type { ExitName } from "../../exit-codes.ts";
import type { Deps, RunAction } from "../deps.ts";
import { stopAtSignal } from "../interrupt.ts";
import { listOpenIds } from "../open-ids.ts";
import { showTotals } from "./show-totals.ts";
import { changedBy, openIdReader, parseWish, type WishFlags } from "./wish.ts";

const EXAMPLES = `
For users who are on the list already, the end is changed, and the reason if a
new one is given. OpenIds can be given as pool keys, and separated by commas; -
reads a list from stdin: plain lines, CSV, NDJSON or pool list output.

Examples:
  $ push-cli suppress add oABC123 oDEF456 --reason "complaint 4711"
  $ push-cli suppress add oABC123 --for 30d
  $ push-cli suppress add oABC123 --until 2026-12-31
  # Everyone who refused a broadcast
  $ push-cli broadcast recipients <id> --outcome rejected --format openid \\
      | push-cli suppress add - --reason "refused <id>"`;

export function registerSuppressAdd(suppress: Command, run: RunAction): void {
  suppress
    .command("add <openId...>")
    .description("Add users to the suppression list")
    .option("--reason <text>", "Why, in at most 200 characters")
    .option("--for <time>", "End after this time, for example 30d (default: no end)")
    .option("--until <time>", "End at this time, for example 2026-12-31")
    .option("--dry-run", "Count only; change nothing")
    .addHelpText("after", EXAMPLES)
    .action(run(add));
}

const BATCH = 500;

async function add(deps: Deps, flags: WishFlags, words: string[]): Promise<ExitName> {
  const { suppression } = await deps.stores();
  const wish = parseWish(flags, await suppression.now());
  const toOpenId = await openIdReader(deps);
  const openIds = await listOpenIds(deps, words, { undone: "nothing was changed", toOpenId });
  async function* pages() {
    for (let at = 0; at < openIds.length; at += BATCH)
      yield openIds.slice(at, at + BATCH).map((openId) => ({ openId, ...wish }));
  }
  const stop = stopAtSignal(deps);
  try {
    const dryRun = flags.dryRun === true;
    const { signal } = stop;
    const totals = await suppressUsers(suppression, pages(), { by: changedBy(deps), dryRun, signal });
    const complete = stop.exit && { counts: {}, words: ["stopped early"], complete: false as const };
    await showTotals(deps, totals, dryRun, complete);
    return stop.exit ?? "done";
  } finally {
    stop.undo();
  }
}
