import { resolve } from "node:path";
import type { Command } from "commander";
import { PushCliError, usageError } from "../../errors.ts";
import type { ExitName } from "../../exit-codes.ts";
import { createExportFile, type ExportFile } from "../../output/export-file.ts";
import { formatCounted } from "../../output/format.ts";
import { CODES, foreseeRemoval, planRemoval, removePools } from "../../pool/remove.ts";
import { whyNotAsked } from "../ask.ts";
import type { Deps, RunAction } from "../deps.ts";
import { stopAtSignal } from "../interrupt.ts";
import { noPoolOf } from "../no-pool.ts";
import { listOpenIds, takesStdin } from "../open-ids.ts";
import { templateOption } from "./consents/common.ts";
import { findConsentPools } from "./consents/remove.ts";
import { askForRemoval, type RemovalTarget, type RemoveFlags, showRemoval, UNDONE } from "./remove-talk.ts";

const EXAMPLES = `
Unreadable entries are kept, unless they are saved with --export or discarded
with --unreadable. Ledgers are always kept: broadcasts depend on them.

OpenIds can be given as pool keys, and separated by commas; - reads a list from
stdin: plain lines, CSV, NDJSON or pool list output. Asks for confirmation;
--yes skips the question.

Examples:
  $ push-cli pool remove oABC123 --dry-run
  $ push-cli pool remove oABC123 oDEF456 --export removed.ndjson
  $ push-cli pool list --max-valid 0 | push-cli pool remove - --yes
  # Restore them
  $ push-cli pool import removed.ndjson`;

export function registerPoolRemove(pool: Command, run: RunAction): void {
  pool
    .command("remove <openId...>")
    .alias("rm")
    .description("Remove users' pools; asks for confirmation")
    .option("--export <file>", "Save everything to this new file first, byte for byte")
    .option("--unreadable", "Also remove unreadable entries, without a copy")
    .option("--confirm-above <n>", "Above this number of pools, the number must be typed to confirm", "10000")
    .option("--dry-run", "Count only; change nothing")
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
    throw usageError(`--export: '${flags.export}' is not a file`, "give the path of a new file");
  const stdinTaken = takesStdin(words);
  if (!flags.dryRun && !flags.yes && !deps.out.canAsk({ stdinTaken })) {
    throw new PushCliError("confirm", `pool remove needs confirmation, but ${whyNotAsked(deps)}`, {
      hint: "use --yes to confirm, or preview with --dry-run",
    });
  }
  const consents = await deps.consents(flags.template);
  const target = consents
    ? await findConsentPools(deps, consents, words)
    : await findCodePools(deps, await listOpenIds(deps, words, { undone: UNDONE }));
  const { plan, missing, nameOf } = target;
  if (plan.length === 0) throw await target.none();
  for (const openId of missing) deps.out.talk(target.missed(openId));
  const keepUnreadable = flags.export === undefined && flags.unreadable !== true;
  if (flags.dryRun) {
    await showRemoval(deps, flags, foreseeRemoval(plan, keepUnreadable), missing);
    return "done";
  }
  if (!flags.yes) {
    const interrupted = await askForRemoval(deps, flags, plan, { nameOf, stdinTaken });
    if (interrupted) return interrupted;
  }
  return removeAll(deps, flags, target, keepUnreadable);
}

async function findCodePools(deps: Deps, openIds: string[]): Promise<RemovalTarget> {
  const { pools } = await deps.stores();
  const planned = await planRemoval(pools, openIds);
  const missing = planned.filter(({ entries }) => entries === 0).map(({ openId }) => openId);
  return {
    store: pools,
    kind: CODES,
    plan: planned.filter(({ entries }) => entries > 0),
    missing,
    nameOf: (openId) => openId,
    missed: (openId) => `no pool '${pools.keyOf(openId)}'`,
    none: () => noPoolOf(deps, missing),
  };
}

async function removeAll(
  deps: Deps,
  flags: RemoveFlags,
  { store, kind, plan, missing }: RemovalTarget,
  keepUnreadable: boolean,
): Promise<ExitName> {
  const stop = stopAtSignal(deps);
  let file: ExportFile | undefined;
  const progress = deps.out.progress();
  try {
    if (flags.export !== undefined) file = await createExportFile(resolve(deps.io.cwd, flags.export));
    const totals = await removePools(store, plan, {
      kind,
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
