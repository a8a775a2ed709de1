import type { Command } from "commander";
import type { Audience } from "../../broadcast/audience.ts";
import { startBroadcast } from "../../broadcast/broadcast.ts";
import { newBroadcastId } from "../../broadcast/ids.ts";
import { repeatOf } from "../../broadcast/repeat.ts";
import { requireCredentials } from "../../config/credentials.ts";
import type { ExitName } from "../../exit-codes.ts";
import type { Deps, RunAction } from "../deps.ts";
import { HELP_LAYOUT } from "../help-layout.ts";
import { requireAnyPool } from "../no-pool.ts";
import { encodingOption, takesStdin } from "../open-ids.ts";
import { suggestingOption } from "../suggest.ts";
import { type AudienceFlags, checkAudienceFlags, loadAudience } from "./audience.ts";
import { countTotal } from "./count.ts";
import { doubtRedis } from "./doubt-redis.ts";
import { addFilterOptions, checkFilterFlags, type FilterFlags, loadFilters } from "./filters.ts";
import { doubtKeywords, watchKeywords } from "./keywords.ts";
import { lookBeforehand, warningsOf } from "./look.ts";
import { type MessageFlags, makeMessage, readMessageInput, withPool } from "./message-flags.ts";
import { addEngineOptions, type EngineFlags, parseLimit, parseRunOptions } from "./options.ts";
import { checkBeforehand } from "./preflight.ts";
import { checkCanAsk } from "./question.ts";
import { openFreshReport } from "./report.ts";
import { runToEnd } from "./run-to-end.ts";
import { askAboutPlan, type Plan, showPlan } from "./send-plan.ts";
import { listTesters } from "./test-send.ts";
import { checkNotAWord } from "./verbs.ts";

interface SendFlags extends MessageFlags, EngineFlags, AudienceFlags, FilterFlags {
  report?: string;
  id?: string;
  dryRun?: boolean;
  anyTemplate?: boolean;
  /** False: --no-pool. */
  pool?: boolean;
  test?: string[];
  yes?: boolean;
}

export const SEND_EXAMPLES = `
It asks before it sends; --yes answers.

Examples:
  # what it would do, exactly
  $ push-cli broadcast <templateId> --keywords "a,b,c" --dry-run
  $ push-cli broadcast <templateId> --keywords '"one, two",three' --page pages/a
  # to two users, without asking
  $ push-cli broadcast <templateId> --keywords "a,b,c" --to oABC oDEF --yes
  $ push-cli broadcast <templateId> --keywords "a,b,c" --to-file vips.csv
  # not to those whom another one reached; leave everybody a code
  $ push-cli broadcast <templateId> --keywords "a,b" --not-in <id> --min-valid 2
  # to everybody, once I have it myself
  $ push-cli broadcast <templateId> --keywords "a,b,c" --test oMe
  # each their own: columns of the file
  $ push-cli broadcast <templateId> --keywords "{{name}},{{a}}" --to-file a.csv

Each user gets at most one message: a code or consent is taken off the pool and
noted in the user's ledger in one step. An attempt whose outcome is not known is
repeated with the same code only, which the platform accepts once, and never
with a consent.`;

export function registerBroadcastSend(broadcast: Command, run: RunAction): Command {
  // Before anything else is said of the line: in `broadcast retry b-1` it is not the argument too many that is wrong.
  broadcast.hook("preSubcommand", ({ args: [word = ""] }, verb) => {
    const isTemplate = verb === send && word !== "send" && !word.startsWith("-");
    if (isTemplate) checkNotAWord(word);
  });
  const send = broadcast
    .command("send <templateId>", { isDefault: true })
    .configureHelp({ ...HELP_LAYOUT, commandUsage: () => USAGE })
    .description("send a message to every user with a valid code or consent, each at most once")
    .option("--keywords <csv>", "values of keyword1, keyword2 ...: one CSV record")
    .option("--keywords-delimiter <char>", "what separates the values (default: a comma)")
    .option("--no-keywords", "a message without values; with --yes it has to be said")
    .option("--page <path>", "page of the mini program that the message opens")
    .option("--emphasis <n>", "show the n-th keyword large")
    .option("--field <name=value...>", "values by the template's names instead of --keywords")
    .option("--truncate", "cut values that are too long for their field, ending in ...")
    .addOption(
      suggestingOption(
        "--lang <code>",
        "language of the mini program: zh_CN (default), en_US, zh_HK, zh_TW",
        ["zh_CN", "en_US", "zh_HK", "zh_TW"],
      ),
    )
    .addOption(
      suggestingOption("--miniprogram-state <name>", "version to open: formal (default), trial, developer", [
        "formal",
        "trial",
        "developer",
      ]),
    )
    .option("--url <url>", "web page that a message of an official account opens")
    .option("--miniprogram-appid <appid>", "linked mini program that it opens instead, at --page")
    .option("--oac-appid <appid>", "official account of QQ through which the message is sent")
    .option("--no-preflight", "send without a look at the account's templates; needs --field")
    .option("--any-template", "an id that does not look like one of the platform's")
    .option("--to <openId...>", "only to these users")
    .option("--to-file <file>", "only to the users in a file ('-': stdin): plain lines, CSV or NDJSON")
    .option("--skip-bad-rows", "go on without rows of the file that no message can be made of")
    .addOption(encodingOption())
    .option("--no-pool", "send to listed users without a look at pools, for teams that keep no consents");
  addFilterOptions(send).option("--limit <n>", "claim at most so many codes or consents");
  const checkKeywords = watchKeywords(send);
  return addEngineOptions(send)
    .option("--report <file>", "append a line of NDJSON for every recipient (-: stdout)")
    .option("--id <broadcastId>", "name the broadcast yourself; a name that is taken is exit code 10")
    .option("--test <openId...>", "send to these first, show what the API answered, then ask")
    .option("--dry-run", "check, count and show a sample; send and change nothing")
    .addHelpText("after", SEND_EXAMPLES)
    .action(
      run((deps, flags: SendFlags, templateId: string) => {
        // `broadcast send list` means a template; `broadcast list` never does.
        if (broadcast.args[0] !== "send") checkNotAWord(templateId);
        checkKeywords();
        return sendCommand(deps, flags, templateId);
      }),
    );
}

const USAGE = `push-cli broadcast <templateId> [options]
       push-cli broadcast send <templateId> [options]
       push-cli broadcast resume | watch | list | show | recipients ...
       push-cli broadcast pause | cancel | delete <id>`;

async function sendCommand(deps: Deps, flags: SendFlags, templateId: string): Promise<ExitName> {
  const channel = await deps.channel();
  const input = await readMessageInput(channel, templateId, flags);
  const options = parseRunOptions(flags);
  const limit = parseLimit(flags.limit);
  const stdinTaken = [flags.toFile, flags.excludeFile].includes("-") || takesStdin(flags.to ?? []);
  if (!flags.dryRun) checkCanAsk(deps, flags, stdinTaken);
  const look = await lookBeforehand(deps, channel, input, flags);
  const message = withPool(channel, makeMessage(channel, input, look?.template), flags);
  checkAudienceFlags(flags, message);
  await checkFilterFlags(deps, flags, message);
  const testers = await listTesters(deps, flags);
  const doubt = await checkBeforehand(deps, flags, message);
  const danger = await doubtRedis(deps, flags);
  const keywordsDoubt = doubtKeywords(message.fields, flags);
  // Who reads a preview sees it there.
  const isUnseen = flags.dryRun ? deps.out.format !== "human" : flags.yes;
  const doubts = [...warningsOf(look), ...(keywordsDoubt === undefined ? [] : [keywordsDoubt])];
  if (isUnseen) for (const text of doubts) deps.out.warn(`warning: ${text}`);
  const filters = await loadFilters(deps, flags, message);
  let audience: Audience | undefined;
  try {
    audience = await loadAudience(deps, flags, message);
    if (audience.kind === "pools") await requireAnyPool(deps, message);
    const id = flags.id ?? newBroadcastId(deps.clock);
    const plan: Plan = { id, message, audience, limit, filters, options, testers };
    const found = { doubts: [doubt, ...doubts], danger, look, stdinTaken };
    if (flags.dryRun) return await showPlan(deps, flags, plan, found);
    return (await askAboutPlan(deps, flags, plan, found)) ?? (await send(deps, flags, plan));
  } finally {
    await filters?.close();
    if (audience?.kind === "list") await audience.close?.();
  }
}

async function send(
  deps: Deps,
  flags: SendFlags,
  { id, message, audience, limit, filters, options }: Plan,
): Promise<ExitName> {
  const settings = await deps.settings();
  const { appid } = requireCredentials(settings);
  const { apiBase } = settings;
  const { allowEviction } = flags;
  const channel = await deps.channel();
  const { startRate, permission } = channel;
  const report =
    flags.report === undefined ? undefined : await openFreshReport(deps, flags.report, permission);
  const engine = { ...options.engine, limit, startRate, repeat: repeatOf(channel, message) };
  const total = () => countTotal(deps, audience, message);
  return runToEnd(deps, { id, message, engine, report, total }, (runDeps, users) =>
    startBroadcast(runDeps, {
      id,
      appid,
      apiBase,
      channel: settings.channel,
      message,
      audience,
      policy: filters?.policy,
      excluded: filters?.excluded,
      users,
      engine,
      allowEviction,
    }),
  );
}
