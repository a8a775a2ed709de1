import { type Audience, type ListedAudience, listAudience } from "../../broadcast/audience.ts";
import { startBroadcast } from "../../broadcast/broadcast.ts";
import type { Message } from "../../broadcast/channel.ts";
import type { Ended } from "../../broadcast/deps.ts";
import { checkBroadcastId } from "../../broadcast/ids.ts";
import { repeatOf } from "../../broadcast/repeat.ts";
import type { Report, ReportLine } from "../../broadcast/report.ts";
import { eachVariant } from "../../broadcast/variants.ts";
import { requireCredentials } from "../../config/credentials.ts";
import { PushCliError, usageError } from "../../errors.ts";
import type { ExitName } from "../../exit-codes.ts";
import { formatCount } from "../../output/format.ts";
import type { Fact } from "../../output/output.ts";
import type { Deps } from "../deps.ts";
import { listOpenIds, takesStdin } from "../open-ids.ts";
import { nameOf, spendsOf } from "../permission-words.ts";
import { awaitToken } from "./first-token.ts";
import type { RunOptions } from "./options.ts";
import { countUsers } from "./question.ts";
import { collectRunDeps } from "./run-deps.ts";

export interface TestFlags {
  test?: string[];
  dryRun?: boolean;
  yes?: boolean;
  allowEviction?: boolean;
}

/** What a preview says of it. */
export function testFacts(testers: readonly string[], { variants }: Message): Fact[] {
  if (testers.length === 0) return [];
  const what = variants ? "each variant " : "";
  return [["test", `first ${what}to ${testers.join(", ")}, then asks whether to continue`]];
}

/** Whom --test names. Rejects with a usage error for what is no openId. */
export async function listTesters(deps: Deps, { test, dryRun }: TestFlags): Promise<string[]> {
  if (!test) return [];
  if (dryRun) throw usageError("--test and --dry-run can't be used together", "use only one of them");
  if (takesStdin(test)) throw usageError("--test can't read openIds from stdin", "use --test <openId>");
  const testers = await listOpenIds(deps, test, { option: "--test", undone: "nothing was sent" });
  await checkNotSuppressed(deps, testers);
  return testers;
}

async function checkNotSuppressed(deps: Deps, testers: readonly string[]): Promise<void> {
  const suppressed = await (await deps.stores()).suppression.findSuppressed(testers);
  const [first] = suppressed;
  if (first === undefined) return;
  throw usageError(
    `--test: '${first}' is on the suppression list`,
    `nothing was sent; test with another user, or run push-cli suppress remove ${first}`,
  );
}

interface TestPlan {
  /** Of the broadcast that comes after it. */
  id: string;
  message: Message;
  audience: Audience;
  options: RunOptions;
  testers: readonly string[];
}

interface Tested {
  facts: Fact[];
  /** There is nothing to go on to. */
  end?: ExitName | undefined;
}

/**
 * Sends to those who try the message, as a broadcast of its own, `<id>-test-<n>`, so that the broadcast itself owes them
 * nothing and counts none of it. Of a message with variants they get each, one after the other: a broadcast for each, as a
 * user's ledger has one message of a broadcast, and each takes a permission. Shows what the API answered. Rejects with
 * `stopped` where --yes would go on although somebody did not get it.
 */
export async function sendTest(deps: Deps, flags: TestFlags, plan: TestPlan): Promise<Tested> {
  if (plan.testers.length === 0) return { facts: [] };
  const tokens = await deps.tokens();
  const interrupted = await awaitToken(deps, tokens);
  if (interrupted) return { facts: [], end: interrupted };
  const facts: Fact[] = [];
  for (const { name, message } of eachVariant(plan.message)) {
    const tested = await testOne(deps, flags, { ...plan, message }, name);
    if (tested.end) return tested;
    facts.push(...tested.facts);
  }
  return { facts };
}

async function testOne(
  deps: Deps,
  flags: TestFlags,
  plan: TestPlan,
  variant: string | undefined,
): Promise<Tested> {
  const { testers } = plan;
  const of = variant === undefined ? "" : ` of variant ${variant}`;
  const id = await freeTestId(deps, plan.id);
  const lines = new Map<string, ReportLine>();
  const { run } = await drive(deps, flags, { ...plan, id, testOf: plan.id }, lines);
  const answers = await describeAnswers(deps, plan, lines);
  deps.out.warn(`test ${id}${of}`);
  deps.out.warnFacts(answers);
  const { stopReason } = run;
  if (stopReason) {
    const { exit, message, hint } = stopReason;
    if (stopReason.status === "interrupted") deps.out.talk("interrupted; nothing else was sent");
    else deps.out.error({ code: exit, message, hint });
    return { facts: [], end: exit };
  }
  const sent = testers.filter((openId) => lines.get(openId)?.outcome === "sent").length;
  if (flags.yes && sent < testers.length) {
    throw new PushCliError(
      "stopped",
      `the test${of} reached ${formatCount(sent)} of ${countUsers(testers.length)}`,
      {
        hint: "nothing else was sent; without --yes it asks whether to continue",
      },
    );
  }
  return { facts: [["test", `sent to ${formatCount(sent)} of ${countUsers(testers.length)}${of}`]] };
}

async function drive(
  deps: Deps,
  { allowEviction }: TestFlags,
  { id, testOf, message, audience, options, testers }: TestPlan & { testOf: string },
  lines: Map<string, ReportLine>,
): Promise<Ended> {
  const settings = await deps.settings();
  const { appid } = requireCredentials(settings);
  const { apiBase, channel } = settings;
  const opened = await deps.channel();
  const { fastFailWhile } = await deps.stores();
  const { startRate } = opened;
  const engine = { ...options.engine, limit: undefined, startRate, repeat: repeatOf(opened, message) };
  const note = (line: ReportLine) => void lines.set(line.openId, line);
  const report: Report = { write: note, writeUnlessThere: note };
  let undo = () => {};
  try {
    const runDeps = {
      ...(await collectRunDeps(deps, message, { ...engine, broadcastId: id }, await deps.tokens())),
      report,
      onStart: (...[, run]: [string, Ended["run"], unknown]) => {
        fastFailWhile(() => !run.isOver);
        undo = deps.onInterrupt((exit) =>
          run.stop({ status: "interrupted", exit, message: `interrupted (${exit.toUpperCase()})` }),
        );
      },
    };
    const to = withValues(testers, audience);
    return await startBroadcast(runDeps, {
      id,
      testOf,
      appid,
      apiBase,
      channel,
      message,
      audience: to,
      engine,
      allowEviction,
    });
  } finally {
    undo();
  }
}

/** Who tries a message with columns gets the values of the first recipient. */
function withValues(testers: readonly string[], audience: Audience): ListedAudience {
  const list = listAudience(testers);
  const row = audience.kind === "list" ? audience.first?.row : undefined;
  if (!row) return list;
  return {
    ...list,
    async *pages() {
      for await (const { openIds } of list.pages()) yield { openIds, rows: openIds.map(() => row) };
    },
  };
}

async function describeAnswers(
  deps: Deps,
  { testers, message }: TestPlan,
  lines: ReadonlyMap<string, ReportLine>,
): Promise<Fact[]> {
  const channel = await deps.channel();
  const name = nameOf(await spendsOf(deps, message));
  return testers.map((openId) => {
    const line = lines.get(openId);
    if (!line) return [openId, "not sent"];
    if (line.outcome === "no_code") return [openId, `no_code: no valid ${name}`];
    const { outcome, errcode, errmsg } = line;
    if (errcode === null) return [openId, errmsg === null ? outcome : `${outcome}: ${errmsg}`];
    const meaning = channel.meaningOf(errcode) ?? errmsg ?? "not in push-cli's table";
    return [openId, `${outcome}: errcode ${errcode}, ${meaning}`];
  });
}

/** Tests of one broadcast are counted: whoever said no may test again under the same --id. */
async function freeTestId(deps: Deps, id: string): Promise<string> {
  const { broadcasts } = await deps.stores();
  for (let n = 1; ; n++) {
    const own = checkBroadcastId(`${id}-test-${n}`);
    if (!(await broadcasts.load(own))) return own;
  }
}
