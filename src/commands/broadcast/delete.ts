import type { Command } from "commander";
import { isAttended, isResumable } from "../../broadcast/status.ts";
import type { BroadcastView } from "../../broadcast/view.ts";
import { PushCliError } from "../../errors.ts";
import type { ExitName } from "../../exit-codes.ts";
import { askFirst, whyNotAsked } from "../ask.ts";
import type { Deps, RunAction } from "../deps.ts";
import { broadcastNeeds, loadView } from "./preflight.ts";
import { orDash } from "./summary.ts";

const EXAMPLES = `
The users' ledgers are kept until they expire: a new broadcast with the same id
excludes everyone who got this one. Asks for confirmation; --yes skips the
question.

Example:
  $ push-cli broadcast delete trial-1`;

export function registerBroadcastDelete(broadcast: Command, run: RunAction): void {
  broadcast
    .command("delete <id>")
    .alias("rm")
    .description("Delete the record of a broadcast that is not running")
    .option("--dry-run", "Show what would be deleted; change nothing")
    .addHelpText("after", EXAMPLES)
    .action(run(deleteBroadcast));
}

async function deleteBroadcast(
  deps: Deps,
  flags: { yes?: boolean; dryRun?: boolean },
  id: string,
): Promise<ExitName> {
  const needs = await broadcastNeeds(deps);
  const { out } = deps;
  const view = await loadView(deps, id);
  deps.note({ broadcastId: id });
  if (!flags.yes && !flags.dryRun && !out.canAsk()) {
    throw new PushCliError("confirm", `broadcast delete needs confirmation, but ${whyNotAsked(deps)}`, {
      hint: "use --yes to confirm",
    });
  }
  const { status, result } = view;
  checkNotRunning(view);
  const facts = `broadcast ${id}: ${status}, ${orDash(result.outcomes?.sent)} sent, to go ${orDash(result.toGo)}`;
  if (flags.dryRun) {
    if (out.format !== "human") await out.document({ broadcastId: id, deleted: false, dryRun: true });
    else out.data(`would delete ${facts}`);
    return "done";
  }
  if (!flags.yes) {
    // Not talk: --quiet must not hide what is asked about.
    out.warn(facts);
    if (isResumable(status))
      out.warn("it can't be resumed after that, and claims without an outcome keep their codes or consents");
    const interrupted = await askFirst(deps, `Delete broadcast ${id}?`, "nothing was deleted");
    if (interrupted) return interrupted;
  }
  // While the question stood, a run may have begun.
  const now = await loadView(deps, id);
  checkNotRunning(now);
  await needs.store.delete(now.record);
  if (out.format !== "human") await out.document({ broadcastId: id, deleted: true });
  else out.talk(`deleted broadcast ${id}; the users' ledgers are kept`);
  return "done";
}

function checkNotRunning(view: BroadcastView): void {
  if (!isAttended(view)) return;
  const { id } = view.record;
  const what = view.status === "running" ? "is running" : "is scheduled, and a process waits for its time";
  throw new PushCliError("locked", `broadcast '${id}' ${what}`, {
    hint: `to stop it: push-cli broadcast cancel ${id}`,
  });
}
