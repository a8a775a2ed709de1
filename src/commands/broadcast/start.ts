import type { Command } from "commander";
import { type Audience, startBroadcast } from "../../broadcast/broadcast.ts";
import { countAudience, type DryRun, dryRunResult } from "../../broadcast/dry-run.ts";
import { checkBroadcastId } from "../../broadcast/ids.ts";
import type { Message } from "../../broadcast/message.ts";
import { requireCredentials } from "../../config/settings.ts";
import { PushCliError } from "../../errors.ts";
import type { ExitName } from "../../exit-codes.ts";
import { formatCount } from "../../output/format.ts";
import type { Deps, RunAction } from "../deps.ts";
import { HELP_LAYOUT } from "../help-layout.ts";
import { requireAnyPool } from "../no-pool.ts";
import { type AudienceFlags, loadAudience } from "./audience.ts";
import {
  addEngineOptions,
  type EngineFlags,
  type MessageFlags,
  parseEngineOptions,
  parseMessage,
} from "./options.ts";
import { openFreshReport } from "./report.ts";
import { runToEnd } from "./run-to-end.ts";
import { showSummary } from "./summary.ts";
import { checkNotAVerb } from "./verbs.ts";

interface StartFlags extends MessageFlags, EngineFlags, AudienceFlags {
  report?: string;
  id?: string;
  dryRun?: boolean;
  yes?: boolean;
}

export const START_EXAMPLES = `
Examples:
  # what it would do, exactly
  $ push-cli broadcast <templateId> --keywords "a,b,c" --dry-run
  $ push-cli broadcast <templateId> --keywords '"one, two",three' --page pages/a
  # to two users, without asking
  $ push-cli broadcast <templateId> --to oABC oDEF --yes
  $ push-cli broadcast <templateId> --to-file vips.csv --report sent.ndjson

Each user gets at most one message: a code is taken off the pool and noted in
the user's ledger in one step, and an attempt whose outcome is not known is
repeated with the same code only, which the platform accepts once.`;

export function registerBroadcastStart(broadcast: Command, run: RunAction): Command {
  const start = broadcast
    .command("start <templateId>", { isDefault: true, hidden: true })
    .configureHelp({ ...HELP_LAYOUT, commandUsage: () => USAGE })
    .description("send a template message to every user with a valid code, each at most once")
    .option("--keywords <csv>", "values of keyword1, keyword2 ...: one CSV record")
    .option("--page <path>", "page of the mini program that the message opens")
    .option("--emphasis <n>", "show the n-th keyword large")
    .option("--to <openId...>", "only to these users")
    .option("--to-file <file>", "only to the users in a file ('-': stdin): plain lines, CSV or NDJSON")
    .option("--limit <n>", "claim at most so many codes");
  return addEngineOptions(start)
    .option("--report <file>", "append a line of NDJSON for every recipient")
    .option("--id <broadcastId>", "name the broadcast yourself")
    .option("--dry-run", "count and show a sample; send and change nothing")
    .option("-y, --yes", "don't ask")
    .addHelpText("after", START_EXAMPLES)
    .action(run(startCommand));
}

const USAGE = `push-cli broadcast <templateId> [options]
       push-cli broadcast resume <id> [options]
       push-cli broadcast list | show <id> [options]`;

async function startCommand(deps: Deps, flags: StartFlags, templateId: string): Promise<ExitName> {
  checkNotAVerb(templateId);
  const message = await parseMessage(templateId, flags);
  const options = parseEngineOptions(flags);
  if (flags.id !== undefined) checkBroadcastId(flags.id);
  if (!flags.dryRun && !flags.yes && !deps.out.interactive) throw needsYes();
  if (!flags.dryRun) requireCredentials(await deps.settings());
  const audience = await loadAudience(deps, flags);
  if (audience.kind === "pools") await requireAnyPool(deps);
  if (flags.dryRun) return showDryRun(deps, audience, message, options.limit);
  if (!flags.yes) {
    if (flags.toFile === "-") throw needsYes();
    const interrupted = await confirm(deps, audience, message, options.limit);
    if (interrupted) return interrupted;
  }
  return send(deps, flags, message, audience, options);
}

function needsYes(): PushCliError {
  return new PushCliError("confirm", "a broadcast asks before it sends, and there is no terminal to ask on", {
    hint: "give --yes, or look first with --dry-run",
  });
}

async function* audiencePages(deps: Deps, audience: Audience): AsyncGenerator<string[]> {
  if (audience.kind === "list") yield audience.openIds;
  else yield* (await deps.stores()).pools.sweep();
}

/** Counts with the read-only claim, with progress. */
async function count(deps: Deps, audience: Audience, message: Message, limit?: number): Promise<DryRun> {
  const stores = await deps.stores();
  const ledger = stores.ledger({ broadcastId: "dry-run", runId: "dryrun", dryRun: true });
  const progress = deps.out.progress();
  const dryRun = await countAudience(ledger, audiencePages(deps, audience), message, limit, (tally) =>
    progress.update(
      () => `counting: ${formatCount(tally.recipients)} users, ${formatCount(tally.outcomes.sent)} reachable`,
    ),
  );
  progress.done();
  return dryRun;
}

async function showDryRun(
  deps: Deps,
  audience: Audience,
  message: Message,
  limit?: number,
): Promise<ExitName> {
  const startedAtMs = deps.clock.now();
  const dryRun = await count(deps, audience, message, limit);
  const result = dryRunResult(dryRun, message, startedAtMs, deps.clock);
  if (dryRun.sample && deps.out.format === "human")
    deps.out.data(`sample: ${JSON.stringify(dryRun.sample, null, 2)}`);
  await showSummary(
    deps,
    deps.out.format === "json" && dryRun.sample ? { ...result, ...{ sample: dryRun.sample } } : result,
  );
  return "done";
}

/** Returns the signal that ended the question; throws when the answer was no. */
async function confirm(
  deps: Deps,
  audience: Audience,
  message: Message,
  limit?: number,
): Promise<ExitName | undefined> {
  const { tally } = await count(deps, audience, message, limit);
  const { sent, no_code } = tally.outcomes;
  if (sent === 0) {
    throw new PushCliError("nothing", `none of ${formatCount(no_code)} users has a valid code`, {
      hint: "push-cli pool list shows what the pools hold",
    });
  }
  const { apiBase } = await deps.settings();
  const { talk } = deps.out;
  talk(`template  ${message.templateId}`);
  talk(`page      ${message.page ?? "(none: the message is not a link)"}`);
  for (const [i, value] of message.keywords.entries()) talk(`keyword${i + 1}  ${value}`);
  talk(`audience  ${formatCount(sent + no_code)} users, ${formatCount(sent)} with a valid code`);
  talk(`spends    ${formatCount(sent)} codes, through ${apiBase}`);
  const stop = new AbortController();
  let interrupted: ExitName | undefined;
  const undo = deps.onInterrupt((signal) => {
    interrupted = signal;
    stop.abort();
  });
  const yes = await deps.out.confirm(`Send to ${formatCount(sent)} users?`, stop.signal);
  undo();
  if (interrupted) talk("interrupted; nothing was sent");
  else if (!yes) throw new PushCliError("confirm", "not confirmed; nothing was sent");
  return interrupted;
}

async function send(
  deps: Deps,
  flags: StartFlags,
  message: Message,
  audience: Audience,
  engine: ReturnType<typeof parseEngineOptions>,
): Promise<ExitName> {
  const { appid } = requireCredentials(await deps.settings());
  const report = flags.report === undefined ? undefined : await openFreshReport(flags.report);
  const total = () => countUsers(deps, audience, engine.limit);
  return runToEnd(deps, { message, engine, report, total }, (runDeps, users) =>
    startBroadcast(runDeps, { id: flags.id, appid, message, audience, users, engine }),
  );
}

/**
 * How many users there are, counted before the first claim: a claim may empty a pool, and then it is no longer there to
 * be counted. Not for a run whose progress nobody sees.
 */
async function countUsers(
  deps: Deps,
  audience: Audience,
  limit = Number.POSITIVE_INFINITY,
): Promise<number | undefined> {
  if (audience.kind === "list") return Math.min(limit, audience.openIds.length);
  if (deps.out.quiet) return undefined;
  const progress = deps.out.progress();
  let total = 0;
  for await (const page of (await deps.stores()).pools.sweep()) {
    total += page.length;
    progress.update(() => `counting: ${formatCount(total)} users`);
  }
  progress.done();
  return Math.min(limit, total);
}
