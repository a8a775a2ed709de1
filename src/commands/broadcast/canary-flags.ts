import type { Command } from "commander";
import type { Canary } from "../../broadcast/canary.ts";
import { parseCount, parseDuration } from "../../config/durations.ts";
import { usageError } from "../../errors.ts";
import { readShare } from "./shares.ts";

export interface CanaryFlags {
  canary?: string;
  canaryWait?: string;
  canaryAsk?: boolean;
  canaryMaxFailed?: string;
  canaryMaxRejected?: string;
}

/** A canary as the command line says it: the share that a count stands for is known once users were counted. */
export interface CanaryWish extends Pick<Canary, "waitMs" | "asks" | "maxFailed" | "maxRejected"> {
  size: { share: number } | { count: number };
}

const DEFAULT_WAIT_MS = 600_000;
/** Failed and unknown outcomes are rare in a broadcast that is all right, so that a few of a hundred are a sign. */
const DEFAULT_MAX_FAILED = 0.05;
/** Users who refuse messages are usual, and how many they are depends on the audience. */
const DEFAULT_MAX_REJECTED = 0.2;
/** Ledgers live for eight days, and everybody else is to be reached within that time. */
const LONGEST_WAIT_MS = 3 * 24 * 3_600_000;

export function addCanaryOptions(command: Command): Command {
  return command
    .optionsGroup("Canary options:")
    .option("--canary <size>", "Send to a first random part of the users, 1% or 500, then judge it")
    .option("--canary-wait <time>", "How long to wait after it before judging (default: 10m)")
    .option("--canary-ask", "Ask whether to continue instead of deciding by the limits")
    .option("--canary-max-failed <share>", "Stop if more of it failed or are unknown (default: 5%)")
    .option("--canary-max-rejected <share>", "Stop if more of it were rejected (default: 20%)");
}

/** Undefined without `--canary`. Throws usage errors. */
export function parseCanary(flags: CanaryFlags, limit: number | undefined): CanaryWish | undefined {
  const { canary, canaryWait, canaryAsk, canaryMaxFailed, canaryMaxRejected } = flags;
  if (canary === undefined) {
    const given = [
      ["--canary-wait", canaryWait],
      ["--canary-ask", canaryAsk],
      ["--canary-max-failed", canaryMaxFailed],
      ["--canary-max-rejected", canaryMaxRejected],
    ].find(([, value]) => value !== undefined);
    if (given) throw usageError(`${given[0]} requires --canary`, "for example --canary 1%");
    return undefined;
  }
  const size = parseSize(canary);
  if ("count" in size && limit !== undefined && size.count >= limit)
    throw usageError(
      `--canary ${size.count} leaves nobody of --limit ${limit}`,
      "use a smaller canary, or only --limit: a later resume --limit none sends to everybody else",
    );
  return {
    size,
    waitMs: canaryWait === undefined ? DEFAULT_WAIT_MS : parseWait(canaryWait),
    asks: canaryAsk,
    maxFailed: parseMost(canaryMaxFailed, "--canary-max-failed") ?? DEFAULT_MAX_FAILED,
    maxRejected: parseMost(canaryMaxRejected, "--canary-max-rejected") ?? DEFAULT_MAX_REJECTED,
  };
}

function parseSize(text: string): CanaryWish["size"] {
  const share = readShare(text);
  if (share === undefined) {
    if (!/^\d+$/.test(text)) throw usageError(`--canary: "${text}" is neither a share nor a count`, SIZES);
    return { count: parseCount(text, { name: "--canary", min: 1 }) };
  }
  if (share > 0 && share < 1) return { share };
  throw usageError(
    `--canary: "${text}" is out of range`,
    `a share is more than 0% and less than 100%; ${SIZES}`,
  );
}

const SIZES = "use --canary 1% or --canary 500";

function parseWait(text: string): number {
  const ms = parseDuration(text, "--canary-wait");
  if (ms <= LONGEST_WAIT_MS) return ms;
  throw usageError(
    `--canary-wait: "${text}" is out of range`,
    "at most 3d: after 7 days a broadcast can't be continued",
  );
}

function parseMost(text: string | undefined, name: string): number | undefined {
  if (text === undefined) return undefined;
  const share = readShare(text);
  if (share !== undefined && share <= 1) return share;
  throw usageError(`${name}: "${text}" is not a share`, `from 0% to 100%, such as ${name} 5%`);
}
