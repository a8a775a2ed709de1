import type { Command } from "commander";
import { SeenIds } from "../../broadcast/seen-ids.ts";
import type { SuppressionList } from "../../broadcast/suppression.ts";
import { PushCliError, usageError } from "../../errors.ts";
import type { ExitName } from "../../exit-codes.ts";
import { formatCount, formatCounted } from "../../output/format.ts";
import type { Deps, RunAction } from "../deps.ts";
import { listOpenIds } from "../open-ids.ts";
import { openIdReader } from "./wish.ts";

interface RemoveFlags {
  ended?: boolean;
  dryRun?: boolean;
}

const EXAMPLES = `
They can be messaged again. A broadcast that skipped them does not send to them
later, unless it is resumed before it has finished. OpenIds can be given as pool
keys, and separated by commas; - reads a list from stdin.

Examples:
  $ push-cli suppress remove oABC123 oDEF456
  # Clean up: entries whose end has come no longer count
  $ push-cli suppress remove --ended`;

export function registerSuppressRemove(suppress: Command, run: RunAction): void {
  suppress
    .command("remove [openId...]")
    .alias("rm")
    .description("Remove users from the suppression list")
    .option("--ended", "Remove all entries that have ended")
    .option("--dry-run", "Count only; change nothing")
    .addHelpText("after", EXAMPLES)
    .action(run(remove));
}

async function remove(deps: Deps, flags: RemoveFlags, words: string[]): Promise<ExitName> {
  if (flags.ended === words.length > 0)
    throw usageError("openIds and --ended can't be used together", "remove in two steps");
  if (!flags.ended && words.length === 0)
    throw usageError(
      "suppress remove requires openIds, or --ended",
      "usage: push-cli suppress remove <openId...>",
    );
  const { suppression } = await deps.stores();
  const dryRun = flags.dryRun === true;
  const counts = flags.ended
    ? { removed: await removeEnded(suppression, dryRun), missing: 0 }
    : await removeListed(deps, suppression, words, dryRun);
  await show(deps, counts, dryRun);
  return "done";
}

async function removeEnded(list: SuppressionList, dryRun: boolean): Promise<number> {
  const removed = dryRun ? await countEnded(list) : await list.removeEnded();
  if (removed > 0) return removed;
  throw new PushCliError("nothing", "no entry of the suppression list has ended", {
    hint: "to list the entries: push-cli suppress list --all",
  });
}

async function countEnded(list: SuppressionList): Promise<number> {
  const seen = new SeenIds();
  let count = 0;
  for await (const users of list.sweep())
    for (const { openId, isOver } of users) if (isOver && seen.see(openId, "") === "new") count++;
  return count;
}

async function removeListed(deps: Deps, list: SuppressionList, words: string[], dryRun: boolean) {
  const toOpenId = await openIdReader(deps);
  const openIds = await listOpenIds(deps, words, { undone: "nothing was removed", toOpenId });
  const there = (await list.read(openIds)).filter((user) => user !== undefined).length;
  const removed = dryRun ? there : await list.remove(openIds);
  if (removed > 0) return { removed, missing: openIds.length - removed };
  const [first = ""] = openIds;
  const who = openIds.length === 1 ? `'${first}' is not` : `none of ${formatCount(openIds.length)} users is`;
  throw new PushCliError("nothing", `${who} on the suppression list`, {
    hint: "to list all entries: push-cli suppress list --all",
  });
}

async function show(
  { out, note }: Deps,
  counts: { removed: number; missing: number },
  dryRun: boolean,
): Promise<void> {
  note({ counts });
  if (out.format !== "human") return out.document({ ...counts, dryRun });
  const { removed, missing } = counts;
  const verb = dryRun ? "would be removed" : "removed";
  const others = missing > 0 ? `, ${formatCount(missing)} not on the list` : "";
  out.data(`${formatCounted(removed, "user")} ${verb}${others}`);
}
