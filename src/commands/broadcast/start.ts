import type { Command } from "commander";
import { type Audience, startBroadcast } from "../../broadcast/broadcast.ts";
import { countAudience, type DryRun, dryRunResult } from "../../broadcast/dry-run.ts";
import { checkBroadcastId } from "../../broadcast/ids.ts";
import type { Message } from "../../broadcast/message.ts";
import type { BroadcastResult } from "../../broadcast/record.ts";
import type { Run } from "../../broadcast/run.ts";
import { requireCredentials } from "../../config/settings.ts";
import { PushCliError } from "../../errors.ts";
import type { ExitName } from "../../exit-codes.ts";
import { formatCount } from "../../output/format.ts";
import { openReport } from "../../output/report-file.ts";
import type { Deps, RunAction } from "../deps.ts";
import { type AudienceFlags, loadAudience } from "./audience.ts";
import { type EngineFlags, type MessageFlags, parseEngineOptions, parseMessage } from "./options.ts";
import { ProgressLine } from "./progress-line.ts";
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
  $ push-cli broadcast <templateId> --keywords "a,b,c" --dry-run    what it would do, exactly
  $ push-cli broadcast <templateId> --keywords '"one, two",three' --page pages/index
  $ push-cli broadcast <templateId> --to oABC oDEF --yes            to two users, without asking
  $ push-cli broadcast <templateId> --to-file vips.csv --rate 100/s --report sent.ndjson

Each user gets at most one message: a code is taken off the pool and noted in the user's ledger in one step, and an
attempt whose outcome is not known is repeated with the same code only, which the platform accepts once.`;

export function registerBroadcastStart(broadcast: Command, run: RunAction): Command {
  return broadcast
    .command("start <templateId>", { isDefault: true, hidden: true })
    .configureHelp({
      showGlobalOptions: true,
      commandUsage: () => "push-cli broadcast <templateId> [options]",
    })
    .description("send a template message to every user with a valid code, each at most once")
    .option("--keywords <csv>", `values of keyword1, keyword2 ...: one CSV record`)
    .option("--page <path>", "page of the mini program that the message opens")
    .option("--emphasis <n>", "show the n-th keyword large")
    .option("--to <openId...>", "only to these users")
    .option("--to-file <file>", "only to the users in a file ('-': stdin): plain lines, CSV or NDJSON")
    .option("--limit <n>", "claim at most so many codes")
    .option("--concurrency <n>", "requests in flight", "64")
    .option("--rate <n>", "at most so many sends: 100/s, 5000/m")
    .option(
      "--max-errors <n>",
      "stop after so many failed or unknown: a count, or a share of the last 500 (default: 20%)",
    )
    .option("--timeout <time>", "wait so long for an answer", "10s")
    .option("--report <file>", "append a line of NDJSON for every recipient")
    .option("--id <broadcastId>", "name the broadcast yourself")
    .option("--dry-run", "count and show a sample; send and change nothing")
    .option("-y, --yes", "don't ask")
    .addHelpText("after", START_EXAMPLES)
    .action(run(start));
}

async function start(deps: Deps, flags: StartFlags, templateId: string): Promise<ExitName> {
  checkNotAVerb(templateId);
  const message = await parseMessage(templateId, flags);
  const options = parseEngineOptions(flags);
  if (flags.id !== undefined) checkBroadcastId(flags.id);
  if (!flags.dryRun && !flags.yes && !deps.out.interactive) throw needsYes();
  if (!flags.dryRun) requireCredentials(await deps.settings());
  const audience = await loadAudience(deps, flags);
  if (audience.kind === "pools") await checkAnyPool(deps);
  if (flags.dryRun) return showDryRun(deps, audience, message, options.limit);
  if (!flags.yes) {
    if (flags.toFile === "-") throw needsYes();
    await confirm(deps, audience, message, options.limit);
  }
  return send(deps, flags, message, audience, options);
}

function needsYes(): PushCliError {
  return new PushCliError("confirm", "a broadcast asks before it sends, and there is no terminal to ask on", {
    hint: "give --yes, or look first with --dry-run",
  });
}

async function checkAnyPool(deps: Deps): Promise<void> {
  const { pools } = await deps.stores();
  for await (const page of pools.sweep()) if (page.length > 0) return;
  throw new PushCliError("nothing", `there is no pool under '${pools.keyOf("")}*'`, {
    hint: "is --pool-prefix right, and --redis-url?",
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

async function confirm(deps: Deps, audience: Audience, message: Message, limit?: number): Promise<void> {
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
  const interrupted = new AbortController();
  const undo = deps.onInterrupt(() => interrupted.abort());
  const yes = await deps.out.confirm(`Send to ${formatCount(sent)} users?`, interrupted.signal);
  undo();
  if (!yes) throw new PushCliError("confirm", "not confirmed; nothing was sent");
}

type Options = ReturnType<typeof parseEngineOptions>;

async function send(
  deps: Deps,
  flags: StartFlags,
  message: Message,
  audience: Audience,
  options: Options,
): Promise<ExitName> {
  const { appid } = requireCredentials(await deps.settings());
  const stores = await deps.stores();
  const report = flags.report === undefined ? undefined : await openReport(flags.report);
  const watch = watchRun(deps, audience);
  try {
    const { result, run } = await startBroadcast(
      {
        store: stores.broadcasts,
        sweepPools: () => stores.pools.sweep(),
        openLedger: (broadcastId, runId) => stores.ledger({ broadcastId, runId }),
        sender: await deps.sender(message, options.concurrency, options.timeoutMs),
        tokens: await deps.tokens(),
        clock: deps.clock,
        report,
        host: deps.io.host,
        pid: deps.io.pid,
        onStart: watch.onStart,
      },
      { id: flags.id, appid, message, audience, engine: options },
    );
    watch.end();
    await showSummary(deps, result);
    return concludeRun(deps, result, run);
  } finally {
    watch.end();
    await report?.close();
  }
}

/** Shows a run's progress and lets signals end it. */
function watchRun(deps: Deps, audience: Audience) {
  const progress = deps.out.progress();
  let undo = () => {};
  return {
    onStart(id: string, run: Run): void {
      deps.out.talk(`broadcast ${id}`);
      const line = new ProgressLine(run, deps.clock);
      void countTotal(deps, audience).then((total) => {
        line.total = total;
      });
      progress.update(() => line.render());
      undo = deps.onInterrupt((exit) => {
        deps.out.talk("stopping: no new sends; waiting for the requests in flight (once more: end at once)");
        run.stop({ status: "interrupted", exit, message: `interrupted (${exit.toUpperCase()})` });
      });
    },
    end(): void {
      progress.done();
      undo();
    },
  };
}

/** How many users there are; undefined when it can't be told, because the broadcast itself will say why. */
async function countTotal(deps: Deps, audience: Audience): Promise<number | undefined> {
  if (audience.kind === "list") return audience.openIds.length;
  let total = 0;
  try {
    for await (const page of (await deps.stores()).pools.sweep()) total += page.length;
  } catch {
    return undefined;
  }
  return total;
}

function concludeRun(deps: Deps, result: BroadcastResult, run: Run): ExitName {
  const { stopReason } = run;
  if (stopReason) {
    const hint = [stopReason.hint, `push-cli broadcast resume ${result.broadcastId} goes on`]
      .filter(Boolean)
      .join("; ");
    if (stopReason.status === "interrupted") deps.out.talk(hint);
    else deps.out.error({ code: stopReason.exit, message: stopReason.message, hint });
    return stopReason.exit;
  }
  return result.outcomes.failed + result.outcomes.unknown > 0 ? "partial" : "done";
}
