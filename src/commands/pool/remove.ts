import { resolve } from "node:path";
import type { Command } from "commander";
import { PushCliError, usageError } from "../../errors.ts";
import type { ExitName } from "../../exit-codes.ts";
import { createExportFile, type ExportFile } from "../../output/export-file.ts";
import { formatCounted } from "../../output/format.ts";
import { type PlannedPool, planRemoval, type RemovalTotals, removePools } from "../../pool/remove.ts";
import { whyNotAsked } from "../ask.ts";
import type { Deps, RunAction } from "../deps.ts";
import { stopAtSignal } from "../interrupt.ts";
import { noPoolOf } from "../no-pool.ts";
import { listOpenIds, takesStdin } from "../open-ids.ts";
import { templateOption } from "./consents/common.ts";
import { removeConsentPools } from "./consents/remove.ts";
import { askForRemoval, type RemoveFlags, showRemoval } from "./remove-talk.ts";

const EXAMPLES = `
Entries that are not understood stay, unless --export has saved them or
--unreadable gives them up. The ledger stays: broadcasts go by it.

An openId may come as the key of its pool; several may have commas between them;
and '-' is a list on stdin: lines, CSV, NDJSON, or what pool list prints.

Examples:
  $ push-cli pool remove oABC123 --dry-run
  $ push-cli pool remove oABC123 oDEF456 --export removed.ndjson
  $ push-cli pool list --max-valid 0 | push-cli pool remove - --yes
  # and back again
  $ push-cli pool import removed.ndjson`;

export function registerPoolRemove(pool: Command, run: RunAction): void {
  pool
    .command("remove <openId...>")
    .description("remove the pools of some users; asks first: --yes answers")
    .option("--export <file>", "first write what is removed into this new file, byte for byte")
    .option("--unreadable", "remove what is not understood too, without a copy")
    .option("--dry-run", "count only")
    .addOption(templateOption())
    .addHelpText("after", EXAMPLES)
    .action(
      run((deps, flags: RemoveFlags & { template?: string }, words: string[]) => remove(deps, flags, words)),
    );
}

async function remove(
  deps: Deps,
  flags: RemoveFlags & { template?: string },
  words: string[],
): Promise<ExitName> {
  if (flags.export === "" || flags.export === "-")
    throw usageError(
      `--export: '${flags.export}' is not a file`,
      "what is removed must be safe on disk first",
    );
  const stdinTaken = takesStdin(words);
  if (!flags.dryRun && !flags.yes && !deps.out.canAsk({ stdinTaken })) {
    throw new PushCliError("confirm", `pool remove asks before it removes, and ${whyNotAsked(deps)}`, {
      hint: "give --yes, or look first with --dry-run",
    });
  }
  const consents = await deps.consents(flags.template);
  if (consents) {
    const { toOpenId } = consents;
    const openIds = await listOpenIds(deps, words, { undone: "nothing was removed", toOpenId });
    return removeConsentPools(deps, consents, flags, openIds, stdinTaken);
  }
  const { pools } = await deps.stores();
  const planned = await planRemoval(pools, await listOpenIds(deps, words, { undone: "nothing was removed" }));
  const plan = planned.filter(({ entries }) => entries > 0);
  const missing = planned.filter(({ entries }) => entries === 0).map(({ openId }) => openId);
  if (plan.length === 0) throw await noPoolOf(deps, missing);
  for (const openId of missing) deps.out.talk(`there is no pool '${pools.keyOf(openId)}'`);
  const keepUnreadable = flags.export === undefined && flags.unreadable !== true;
  if (flags.dryRun) {
    await showRemoval(deps, flags, foresee(plan, keepUnreadable), missing);
    return "done";
  }
  if (!flags.yes) {
    const interrupted = await askForRemoval(deps, flags, plan, stdinTaken);
    if (interrupted) return interrupted;
  }
  return removeAll(deps, flags, plan, missing, keepUnreadable);
}

/** What a removal of just what was planned would do. */
function foresee(plan: readonly PlannedPool[], keepUnreadable: boolean): RemovalTotals {
  const sum = (count: (pool: PlannedPool) => number) => plan.reduce((total, pool) => total + count(pool), 0);
  const kept = (pool: PlannedPool) => (keepUnreadable ? pool.unreadable : 0);
  return {
    poolsRemoved: plan.filter((pool) => kept(pool) === 0).length,
    entriesRemoved: sum((pool) => pool.entries - kept(pool)),
    codesRemoved: {
      valid: sum(({ valid }) => valid),
      expired: sum(({ expired }) => expired),
      invalid: sum(({ invalid }) => invalid),
      unreadable: sum((pool) => pool.unreadable - kept(pool)),
    },
    entriesKept: sum(kept),
    entriesGone: 0,
    complete: true,
  };
}

async function removeAll(
  deps: Deps,
  flags: RemoveFlags,
  plan: readonly PlannedPool[],
  missing: string[],
  keepUnreadable: boolean,
): Promise<ExitName> {
  const { pools } = await deps.stores();
  const stop = stopAtSignal(deps);
  let file: ExportFile | undefined;
  const progress = deps.out.progress();
  try {
    if (flags.export !== undefined) file = await createExportFile(resolve(deps.io.cwd, flags.export));
    const totals = await removePools(pools, plan, {
      keepUnreadable,
      save: file?.write,
      signal: stop.signal,
      onStep: (now) =>
        progress.update(() => `${formatCounted(now.entriesRemoved, "entry", "entries")} removed`),
    });
    progress.done();
    await showRemoval(deps, flags, totals, missing);
    return stop.exit ?? "done";
  } finally {
    progress.done();
    stop.undo();
    await file?.close();
  }
}
