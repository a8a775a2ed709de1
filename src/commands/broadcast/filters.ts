import { type Command, Option } from "commander";
import { capsFrom } from "../../broadcast/caps.ts";
import type { Message } from "../../broadcast/channel.ts";
import { loadBroadcast } from "../../broadcast/load-broadcast.ts";
import {
  type Choice,
  checkLedgersThere,
  type Excluded,
  makeChoice,
  type OtherBroadcast,
  type Policy,
} from "../../broadcast/policy.ts";
import { hasBegun } from "../../broadcast/schedule.ts";
import { SeenIds } from "../../broadcast/seen-ids.ts";
import { parseCount, parseDuration } from "../../config/durations.ts";
import { DEFAULT_CHANNEL } from "../../config/settings.ts";
import { usageError } from "../../errors.ts";
import type { Deps } from "../deps.ts";
import { takesStdin } from "../open-ids.ts";
import { spendsOf } from "../permission-words.ts";
import { checkPattern } from "../pool/pattern.ts";
import { readAudienceFile } from "./audience-file.ts";
import { parseCaps } from "./caps.ts";
import { broadcastNeeds } from "./preflight.ts";
import { parseSeed, type SeedFlags, seedOption } from "./seed.ts";
import { parseShare } from "./shares.ts";

export interface FilterFlags extends SeedFlags {
  match?: string;
  excludeFile?: string;
  excludeBroadcast?: string[];
  /** The name that --exclude-broadcast had before. */
  notIn?: string[];
  holdout?: string;
  cap?: string[];
  minValid?: string;
  expiringWithin?: string;
}

/** Whom of its audience a broadcast may send to, as the command line says. */
export interface Filters {
  policy: Policy;
  excluded: Excluded | undefined;
  choice: Choice;
  close(): Promise<void>;
}

/** Of each user, a ledger's field is looked at for each of them. */
const MAX_OTHERS = 20;
/** Entries that a claim has to find unchanged; nobody collects so many in the seven days that a code lives. */
const MAX_VALID = 100;

export function addFilterOptions(command: Command): Command {
  return command
    .option("--match <pattern>", "Only openIds that match a glob pattern: *, ? and [ab]")
    .option("--exclude-file <file>", "Exclude the users in a file (- for stdin): plain lines, CSV or NDJSON")
    .option(
      "--exclude-broadcast <broadcastId...>",
      "Exclude users who got, or may have got, one of these broadcasts",
    )
    .addOption(new Option("--not-in <broadcastId...>", "The same as --exclude-broadcast").hideHelp())
    .option("--holdout <share>", "Leave out a share of the users, for example 5%, to compare with")
    .addOption(seedOption())
    .option("--cap <n/time...>", "Skip users who were sent n messages within a time, for example 1/24h")
    .option("--min-valid <n>", "Only users with at least n valid codes or consents")
    .option(
      "--expiring-within <time>",
      "Only users whose first valid code expires within this time, for example 24h",
    );
}

/** Throws a usage error for filters that make no sense with the message, or with the other options. */
export async function checkFilterFlags(
  deps: Deps,
  flags: FilterFlags & { to?: string[]; toFile?: string },
  message: Message,
): Promise<void> {
  const { excludeFile, minValid, expiringWithin } = flags;
  if (excludeFile === "-" && (flags.toFile === "-" || takesStdin(flags.to ?? [])))
    throw usageError(
      "--exclude-file - can't be used with a list of recipients on stdin",
      "use a file for one of them",
    );
  const pooled = minValid === undefined ? expiringWithin && "--expiring-within" : "--min-valid";
  if (pooled && message.withoutPool)
    throw usageError(
      `${pooled} and --no-pool can't be used together`,
      "without pools there is nothing to count",
    );
  if (expiringWithin === undefined || (await spendsOf(deps, message)) !== "consent") return;
  if ((await deps.settings()).consentMaxAgeMs === undefined)
    throw usageError("--expiring-within: consents don't expire", "set --consent-max-age to let them expire");
}

/** Of the broadcast that filters are for. */
interface Filtering {
  id: string;
  message: Message;
  /** When it begins, epoch ms. */
  startMs: number;
}

/** The filters of the command line; undefined without any. Rejects for a broadcast that there is not, or no longer. */
export async function loadFilters(
  deps: Deps,
  flags: FilterFlags & { encoding?: string },
  { id, message, startMs }: Filtering,
): Promise<Filters | undefined> {
  const { match, excludeFile, minValid, expiringWithin, excludeBroadcast, notIn, holdout, cap } = flags;
  const others = [...(excludeBroadcast ?? []), ...(notIn ?? [])];
  const given = [match, excludeFile, minValid, expiringWithin, excludeBroadcast, notIn, holdout, cap];
  const seed = parseSeed(flags, id);
  if (given.every((flag) => flag === undefined)) return undefined;
  const policy: Policy = {
    ...(match === undefined ? {} : { match: checkPattern(match) }),
    ...(minValid === undefined
      ? {}
      : { minValid: parseCount(minValid, { name: "--min-valid", min: 1, max: MAX_VALID }) }),
    ...(expiringWithin === undefined
      ? {}
      : { expiringWithinMs: parseDuration(expiringWithin, "--expiring-within") }),
    ...(holdout === undefined ? {} : { holdout: { share: parseShare(holdout, "--holdout"), seed } }),
    ...(cap === undefined ? {} : { caps: capsFrom(parseCaps(cap), startMs) }),
    ...(others.length === 0 ? {} : { notIn: await loadOthers(deps, others) }),
  };
  const none = { policy, excluded: undefined, choice: makeChoice(policy, undefined), close: async () => {} };
  return excludeFile === undefined ? none : loadExcluded(deps, excludeFile, flags.encoding, message, policy);
}

async function loadExcluded(
  deps: Deps,
  path: string,
  encoding: string | undefined,
  { columns: _, ...message }: Message,
  before: Policy,
): Promise<Filters> {
  // Bad rows are an error: with one that is left out, somebody would get what is not meant for them.
  const file = { path, encoding, message, skipBadRows: false, mayBeEmpty: true };
  const list = await readAudienceFile(deps, file);
  const policy = { ...before, exclude: list.count };
  const seen = new SeenIds();
  for await (const { openIds } of list.pages()) for (const openId of openIds) seen.see(openId, "");
  const excluded: Excluded = {
    count: list.count,
    async *pages() {
      for await (const { openIds } of list.pages()) yield openIds;
    },
  };
  return { policy, excluded, choice: makeChoice(policy, seen), close: async () => list.close?.() };
}

async function loadOthers(deps: Deps, ids: readonly string[]): Promise<OtherBroadcast[]> {
  const unique = [...new Set(ids)];
  if (unique.length > MAX_OTHERS)
    throw usageError(
      `--exclude-broadcast lists ${unique.length} broadcasts; the maximum is ${MAX_OTHERS}`,
      "use --exclude-file with the output of push-cli broadcast recipients <id> --format openid",
    );
  const needs = await broadcastNeeds(deps);
  const { appid = "", channel } = await deps.settings();
  const others: OtherBroadcast[] = [];
  for (const id of unique) {
    const record = await loadBroadcast(needs, id);
    const { channel: own = DEFAULT_CHANNEL } = record;
    const startedAtMs = hasBegun(record) ? record.startedAtMs : deps.clock.now();
    const [theirs, ours] = own === channel ? [record.appid, appid] : [own, channel];
    if (theirs !== "" && theirs !== ours)
      throw usageError(
        `--exclude-broadcast ${id}: that broadcast belongs to ${theirs}, but this one to ${ours}`,
        `its users or ledgers are different; use --exclude-file with the output of push-cli broadcast recipients ${id} --format openid`,
      );
    checkLedgersThere({ id, startedAtMs }, deps.clock.now());
    others.push({ id, startedAtMs });
  }
  return others;
}
