import type { Command } from "commander";
import type { BroadcastRecord } from "../../broadcast/record.ts";
import { loadBroadcast, resumeBroadcast } from "../../broadcast/resume.ts";
import { requireCredentials } from "../../config/credentials.ts";
import { PushCliError } from "../../errors.ts";
import type { ExitName } from "../../exit-codes.ts";
import type { Deps, RunAction } from "../deps.ts";
import { addEngineOptions, type EngineFlags, parseEngineOptions } from "./options.ts";
import { recountWithProgress } from "./recount.ts";
import { openLaterReport } from "./report.ts";
import { runToEnd } from "./run-to-end.ts";

interface ResumeFlags extends EngineFlags {
  retryUnknown?: boolean;
  retryFailed?: boolean;
  join?: boolean;
  report?: string;
}

const EXAMPLES = `
Takes over what a killed or stopped run had claimed, with the same codes, and
sends to whoever has no outcome yet.

Examples:
  $ push-cli broadcast resume 20261123-184012-k3f9
  $ push-cli broadcast resume 20261123-184012-k3f9 --retry-unknown
  # on another machine, to share the work
  $ push-cli broadcast resume 20261123-184012-k3f9 --join`;

export function registerBroadcastResume(broadcast: Command, run: RunAction): void {
  const resume = broadcast
    .command("resume <id>")
    .description("go on with a broadcast that was killed, stopped or interrupted")
    .option("--retry-unknown", "send again, with the same code, to recipients whose outcome is unknown")
    .option("--retry-failed", "send again, with a new code, to recipients that failed")
    .option("--join", "work beside a run that is alive")
    .option("--report <file>", "append a line of NDJSON for every recipient that is not in it yet");
  addEngineOptions(resume).addHelpText("after", EXAMPLES).action(run(resumeCommand));
}

async function resumeCommand(deps: Deps, flags: ResumeFlags, id: string): Promise<ExitName> {
  const engine = parseEngineOptions(flags);
  const { appid } = requireCredentials(await deps.settings());
  const stores = await deps.stores();
  const record = await loadBroadcast({ store: stores.broadcasts }, id);
  checkAppid(record, appid);
  const retry = [flags.retryUnknown && "unknown", flags.retryFailed && "failed"].filter(Boolean) as (
    | "unknown"
    | "failed"
  )[];
  const report = flags.report === undefined ? undefined : await openLaterReport(deps, flags.report);
  const setup = { message: record.message, engine, report, total: () => countRecipients(deps, record) };
  return runToEnd(deps, setup, (runDeps) =>
    resumeBroadcast({ ...runDeps, say: deps.out.talk }, record, {
      engine: { ...engine, retryUnknown: flags.retryUnknown },
      retry,
      join: flags.join === true,
    }),
  );
}

/**
 * How many recipients the whole broadcast has: as counted when it started, else from pools and ledgers now. Not for a run
 * whose progress nobody sees.
 */
async function countRecipients(deps: Deps, record: BroadcastRecord): Promise<number | undefined> {
  const known = record.recipients ?? record.users;
  if (known !== undefined || deps.out.quiet) return known;
  const { settled, open, left } = await recountWithProgress(deps, record);
  return Math.min(record.limit ?? Number.POSITIVE_INFINITY, settled.recipients + open + left);
}

/** openIds and codes belong to one mini program: those of another would all be refused. */
function checkAppid(record: BroadcastRecord, appid: string): void {
  if (record.appid === "" || record.appid === appid) return;
  throw new PushCliError("config", `broadcast '${record.id}' is of appid ${record.appid}, not of ${appid}`, {
    hint: "set PUSH_CLI_APPID, or choose the --profile, that it was started with",
  });
}
