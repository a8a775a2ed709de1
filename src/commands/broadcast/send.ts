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
import { buildMessage, readTexts } from "./build-message.ts";
import { addCanaryOptions, type CanaryFlags, parseCanary } from "./canary-flags.ts";
import { fixCanary } from "./canary-plan.ts";
import { countTotal } from "./count.ts";
import { doubtRedis } from "./doubt-redis.ts";
import { addFilterOptions, checkFilterFlags, type FilterFlags, loadFilters } from "./filters.ts";
import { doubtKeywords, watchKeywords } from "./keywords.ts";
import { warningsOf } from "./look.ts";
import { type MessageFlags, withPool } from "./message-flags.ts";
import { addEngineOptions, type EngineFlags, parseLimit, parseRunOptions } from "./options.ts";
import { checkBeforehand } from "./preflight.ts";
import { checkCanAsk } from "./question.ts";
import { openFreshReport } from "./report.ts";
import { runToEnd } from "./run-to-end.ts";
import {
  addScheduleOptions,
  checkTimely,
  checkWaitFlags,
  parseSchedule,
  type ScheduleFlags,
} from "./schedule-flags.ts";
import { listedUsers, scheduleOnly } from "./schedule-only.ts";
import { parseSeed } from "./seed.ts";
import { askAboutPlan, type Plan, showPlan } from "./send-plan.ts";
import { planTelling, sayWouldTell } from "./telling.ts";
import { listTesters } from "./test-send.ts";
import { doubtVariants } from "./variant-words.ts";
import { addVariantOptions, type VariantFlags } from "./variants.ts";
import { checkNotAWord } from "./verbs.ts";

interface SendFlags
  extends MessageFlags,
    VariantFlags,
    EngineFlags,
    AudienceFlags,
    FilterFlags,
    CanaryFlags,
    ScheduleFlags {
  report?: string;
  id?: string;
  seed?: string;
  dryRun?: boolean;
  anyTemplate?: boolean;
  /** False: --no-pool. */
  pool?: boolean;
  test?: string[];
  yes?: boolean;
}

export const SEND_EXAMPLES = `
A broadcast asks for confirmation before it sends; --yes skips the question.

Examples:
  # Preview exactly what would be sent
  $ push-cli broadcast <templateId> --keywords "a,b,c" --dry-run
  $ push-cli broadcast <templateId> --keywords '"one, two",three' --page pages/a
  # Send to two users without asking
  $ push-cli broadcast <templateId> --keywords "a,b,c" --to oABC oDEF --yes
  $ push-cli broadcast <templateId> --keywords "a,b,c" --to-file vips.csv
  # Exclude users of another broadcast, or of any today; leave every user a code
  $ push-cli broadcast <templateId> --keywords "a,b" --exclude-broadcast <id>
  $ push-cli broadcast <templateId> --keywords "a,b" --cap 1/24h --min-valid 2
  # Send to a random 1% first, and to everyone else if that went well
  $ push-cli broadcast <templateId> --keywords "a,b,c" --canary 1%
  # Send to everyone after a test message to myself
  $ push-cli broadcast <templateId> --keywords "a,b,c" --test oMe
  # Compare two texts: 70% of the users get the first, the others the second
  $ push-cli broadcast <templateId> --variant "A:70%=a,b" --variant "B=c,d"
  # Personalize the message with columns of a file
  $ push-cli broadcast <templateId> --keywords "{{name}},{{a}}" --to-file a.csv

Each user gets at most one message: a code or consent is taken from the pool and
recorded in the user's ledger in one step. An attempt with unknown outcome is
retried only with the same code, which the platform accepts once, and never with
a consent.`;

export function registerBroadcastSend(broadcast: Command, run: RunAction): Command {
  // Before anything else is said of the line: in `broadcast retry b-1` it is not the argument too many that is wrong.
  broadcast.hook("preSubcommand", ({ args: [word = ""] }, verb) => {
    const isTemplate = verb === send && word !== "send" && !word.startsWith("-");
    if (isTemplate) checkNotAWord(word);
  });
  const send = broadcast
    .command("send <templateId>", { isDefault: true })
    .configureHelp({ ...HELP_LAYOUT, commandUsage: () => USAGE })
    .description("Send a message to every user with a valid code or consent, at most once each")
    .optionsGroup("Message options:")
    .option("--keywords <csv>", "Values of keyword1, keyword2 ... as one CSV record")
    .option("--keywords-delimiter <char>", "Character that separates the values (default: a comma)")
    .option("--no-keywords", "Send a message without values; required with --yes")
    .option("--page <path>", "Page of the mini program that the message opens")
    .option("--emphasis <n>", "Emphasize the n-th keyword")
    .option("--field <name=value...>", "Values by field name, instead of --keywords")
    .option("--truncate", "Shorten values that are too long for their field, ending in ...")
    .addOption(
      suggestingOption(
        "--lang <code>",
        "Language of the mini program: zh_CN (default), en_US, zh_HK or zh_TW",
        ["zh_CN", "en_US", "zh_HK", "zh_TW"],
      ),
    )
    .addOption(
      suggestingOption(
        "--miniprogram-state <name>",
        "Version to open: formal (default), trial or developer",
        ["formal", "trial", "developer"],
      ),
    )
    .option("--url <url>", "Web page that a message of an official account opens")
    .option("--miniprogram-appid <appid>", "Linked mini program that it opens instead, at --page")
    .option("--oac-appid <appid>", "Official account of QQ through which the message is sent")
    .option("--no-preflight", "Skip the check against the account's templates; requires --field")
    .option("--any-template", "Accept an id that does not look like a template id");
  addVariantOptions(send)
    .optionsGroup("Recipient options:")
    .option("--to <openId...>", "Send only to these users")
    .option("--to-file <file>", "Send only to the users in a file (- for stdin): plain lines, CSV or NDJSON")
    .option("--skip-bad-rows", "Skip rows of the file that are invalid")
    .addOption(encodingOption())
    .option("--no-pool", "Send to listed users without using pools");
  addFilterOptions(send).option("--limit <n>", "Maximum number of codes or consents to claim");
  const checkKeywords = watchKeywords(send);
  return addScheduleOptions(addCanaryOptions(addEngineOptions(send)))
    .optionsGroup("Options:")
    .option("--report <file>", "Append an NDJSON line for every recipient (- for stdout)")
    .option("--id <broadcastId>", "Id of the broadcast (exit code 10 if it is taken)")
    .option("--test <openId...>", "Send to these users first, show the API's answers, then ask")
    .option("--dry-run", "Check, count and show a sample; send and change nothing")
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
       push-cli broadcast run-due | pause | cancel | delete ...`;

async function sendCommand(deps: Deps, flags: SendFlags, templateId: string): Promise<ExitName> {
  const channel = await deps.channel();
  const id = flags.id ?? newBroadcastId(deps.clock);
  const options = { ...parseRunOptions(flags), telling: await planTelling(deps, flags) };
  const texts = await readTexts(channel, templateId, flags);
  const limit = parseLimit(flags.limit);
  const schedule = parseSchedule(flags, deps.clock.now());
  checkWaitFlags(flags);
  const wish = parseCanary(flags, limit);
  const stdinTaken = [flags.toFile, flags.excludeFile].includes("-") || takesStdin(flags.to ?? []);
  if (!flags.dryRun) checkCanAsk(deps, flags, stdinTaken);
  const built = await buildMessage(deps, channel, texts, flags, () => parseSeed(flags, id));
  const { look } = built;
  const message = withPool(channel, built.message, flags);
  checkAudienceFlags(flags, message);
  await checkFilterFlags(deps, flags, message);
  const testers = await listTesters(deps, flags);
  const doubt = await checkBeforehand(deps, flags, message);
  const danger = await doubtRedis(deps, flags);
  const keywordsDoubt = doubtKeywords(message, flags) ?? doubtVariants(message);
  // Who reads a preview sees it there.
  const isUnseen = flags.dryRun ? deps.out.format !== "human" : flags.yes;
  const doubts = [...warningsOf(look), ...(keywordsDoubt === undefined ? [] : [keywordsDoubt])];
  if (isUnseen) for (const text of doubts) deps.out.warn(`warning: ${text}`);
  const startMs = schedule?.atMs ?? deps.clock.now();
  const filters = await loadFilters(deps, flags, { id, message, startMs });
  checkTimely(filters?.policy, schedule);
  let audience: Audience | undefined;
  try {
    audience = await loadAudience(deps, flags, message);
    if (audience.kind === "pools") await requireAnyPool(deps, message);
    const counted = { message, audience, filters };
    const canary = wish && (await fixCanary(deps, wish, parseSeed(flags, id), counted));
    const plan: Plan = { ...counted, id, limit, schedule, canary, options, testers };
    const found = { doubts: [doubt, ...doubts], danger, look, stdinTaken };
    if (flags.dryRun) sayWouldTell(deps, options.telling);
    if (flags.dryRun) return await showPlan(deps, flags, plan, found);
    return (await askAboutPlan(deps, flags, plan, found)) ?? (await send(deps, flags, plan, stdinTaken));
  } finally {
    await filters?.close();
    if (audience?.kind === "list") await audience.close?.();
  }
}

async function send(
  deps: Deps,
  flags: SendFlags,
  { id, message, audience, limit, filters, schedule, canary, options }: Plan,
  stdinTaken: boolean,
): Promise<ExitName> {
  const settings = await deps.settings();
  const { appid } = requireCredentials(settings);
  const { apiBase } = settings;
  const { allowEviction } = flags;
  const channel = await deps.channel();
  const { startRate, permission } = channel;
  const spec = {
    ...{ id, appid, apiBase, channel: settings.channel, message, audience, schedule, canary, allowEviction },
    ...{ policy: filters?.policy, excluded: filters?.excluded },
  };
  const report =
    flags.report === undefined ? undefined : await openFreshReport(deps, flags.report, permission);
  const engine = { ...options.engine, limit, startRate, repeat: repeatOf(channel, message) };
  const total = () => countTotal(deps, audience, message);
  if (flags.wait === false) return scheduleOnly(deps, { ...spec, engine, users: listedUsers(audience) });
  const startsLater = schedule?.atMs !== undefined && audience.kind === "pools";
  const setup = { id, message, engine, report, stdinTaken, total, startsLater, telling: options.telling };
  return runToEnd(deps, setup, (runDeps, users) => startBroadcast(runDeps, { ...spec, users, engine }));
}
