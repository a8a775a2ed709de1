import { type Command, Option } from "commander";
import type { PastSend } from "../../broadcast/history.ts";
import { parseCount } from "../../config/durations.ts";
import { usageError } from "../../errors.ts";
import type { ExitName } from "../../exit-codes.ts";
import { formatCount } from "../../output/format.ts";
import { listCodes, type ShownCode } from "../../pool/summary.ts";
import type { Deps, RunAction } from "../deps.ts";
import { noPoolOf } from "../no-pool.ts";
import { listOpenIds, takesStdin } from "../open-ids.ts";
import { templateOption } from "./consents/common.ts";
import { showConsentPools } from "./consents/show.ts";
import { CODE_FIELDS, showCodes, toCodeDocument } from "./show-codes.ts";
import { showSends, toSendDocument } from "./show-sends.ts";

const STATES = ["valid", "expired", "invalid", "unreadable"] as const;
const ALL_STATES = [...STATES, "standing"] as const;

interface ShowFlags {
  template?: string;
  limit?: string;
  state?: (typeof ALL_STATES)[number];
}

const EXAMPLES = `
OpenIds can be given as pool keys, and separated by commas; - reads a list from
stdin: plain lines, CSV, NDJSON or pool list output. Counts are always for the
whole pool. On a terminal, the first 1,000 codes are shown unless --limit is
given. "overlong" codes are valid by their entry, but codes never live that
long: the backend sets a wrong expiry.

Examples:
  $ push-cli pool show oABC123 --json
  $ push-cli pool show oABC123 mina:openid:oDEF456
  $ push-cli pool show oABC123 --state unreadable --limit 10
  $ push-cli pool list --unreadable | push-cli pool show -`;

export function registerPoolShow(pool: Command, run: RunAction): void {
  pool
    .command("show <openId...>")
    .description("Show users' codes, oldest first, and the last broadcasts to each user")
    .addOption(new Option("--state <state>", "Only codes or consents in this state").choices(ALL_STATES))
    .option("--limit <n>", "Maximum number of codes to show per user")
    .addOption(templateOption())
    .addHelpText("after", EXAMPLES)
    .action(run((deps, flags: ShowFlags, words: string[]) => showPools(deps, flags, words)));
}

/** On a screen nobody reads more, and drawing the table of a million takes minutes. */
const SCREEN_CODES = 1000;

interface Show {
  nowMs: number;
  limit: number;
  state: (typeof STATES)[number] | undefined;
  /** It is one of many, and says whose it is. */
  several: boolean;
}

async function showPools(deps: Deps, flags: ShowFlags, words: string[]): Promise<ExitName> {
  const { out } = deps;
  const all = out.format === "human" ? SCREEN_CODES : Number.POSITIVE_INFINITY;
  const limit = flags.limit === undefined ? all : parseCount(flags.limit, { name: "--limit", min: 1 });
  const consents = await deps.consents(flags.template);
  const toOpenId = consents?.toOpenId;
  const openIds = await listOpenIds(deps, words, { toOpenId });
  // What reads a list's output is not to depend on how long the list is.
  const several = openIds.length > 1 || takesStdin(words);
  if (consents) return showConsentPools(deps, consents, openIds, { limit, state: flags.state, several });
  if (flags.state === "standing")
    throw usageError(
      "--state standing does not apply to codes",
      "for consents, use --channel wechat-subscribe",
    );
  const { pools } = await deps.stores();
  const show: Show = { nowMs: await pools.now(), limit, state: flags.state, several };
  const missing: string[] = [];
  for (const [i, openId] of openIds.entries()) {
    if (out.closed.aborted) return "done";
    const pool = await loadPool(deps, openId, show);
    if (!pool) missing.push(openId);
    else {
      if (out.format === "human" && missing.length < i) out.data("");
      await present(deps, pool, show);
    }
  }
  if (missing.length === openIds.length) throw await noPoolOf(deps, missing);
  for (const openId of missing) out.talk(`no pool '${pools.keyOf(openId)}'`);
  return "done";
}

interface ShownPool {
  openId: string;
  key: string;
  /** Of the whole pool; overlong ones are among the valid. */
  counts: Record<(typeof STATES)[number] | "overlong", number>;
  /** Those to show. A pipe has them already: it takes them as they are read. */
  codes: ShownCode[];
  /** Left out by the limit. */
  more: number;
  sends: PastSend[];
}

/** Reads a pool to its end and keeps no more than what is shown. */
async function loadPool(deps: Deps, openId: string, show: Show): Promise<ShownPool | undefined> {
  const { pools, history } = await deps.stores();
  const counts = { valid: 0, expired: 0, invalid: 0, unreadable: 0, overlong: 0 };
  const codes: ShownCode[] = [];
  let found = 0;
  await pools.read([openId], async (pieces) => {
    const all = pieces.flatMap(({ entries }) => listCodes(entries, show.nowMs));
    for (const shown of all) {
      counts[shown.state]++;
      if ("code" in shown && shown.overlong) counts.overlong++;
    }
    const fitting = all.filter(({ state }) => show.state === undefined || state === show.state);
    const some = fitting.slice(0, Math.max(0, show.limit - found));
    found += fitting.length;
    if (deps.out.format === "plain") await showCodes(deps, some, show.nowMs, whoseRows(openId, show));
    else codes.push(...some);
  });
  const sends = await history.of(openId);
  const isThere = STATES.some((state) => counts[state] > 0);
  // A pool whose last code was taken is no longer there, but what became of its codes is.
  if (!isThere && sends.length === 0) return undefined;
  return { openId, key: pools.keyOf(openId), counts, codes, more: Math.max(0, found - show.limit), sends };
}

function whoseRows(openId: string, { several }: Show): string[] {
  return several ? [openId] : [];
}

async function present(deps: Deps, pool: ShownPool, show: Show): Promise<void> {
  const { out } = deps;
  const { openId, key, counts, codes, more, sends } = pool;
  if (out.format === "json") {
    const shown = { codes: codes.map(toCodeDocument), ...(more > 0 ? { notShown: more } : {}) };
    const document = { openId, key, ...counts, ...shown, broadcasts: sends.map(toSendDocument) };
    return show.several ? out.line(document) : out.json(document);
  }
  if (out.format === "human") await presentCodes(deps, pool, show);
  await showSends(deps, sends, CODE_FIELDS, whoseRows(openId, show));
}

async function presentCodes(deps: Deps, { key, counts, codes, more }: ShownPool, show: Show): Promise<void> {
  const { out } = deps;
  const overlong = counts.overlong > 0 ? ` (${formatCount(counts.overlong)} overlong)` : "";
  const parts = STATES.map(
    (state) => `${formatCount(counts[state])} ${state}${state === "valid" ? overlong : ""}`,
  );
  const isThere = STATES.some((state) => counts[state] > 0);
  out.data(key);
  out.data(isThere ? parts.join(", ") : "no pool: its last code was claimed");
  await showCodes(deps, codes, show.nowMs, []);
  if (more > 0)
    out.talk(`and ${formatCount(more)} more; use --limit <n> to show more, or --state <state> to filter`);
}
