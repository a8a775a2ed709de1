import type { Command } from "commander";
import type { Message } from "../../broadcast/channel.ts";
import type { EngineOptions } from "../../broadcast/engine-options.ts";
import { DEFAULT_MAX_ERRORS, type MaxErrors } from "../../broadcast/guard.ts";
import { eachVariant } from "../../broadcast/variants.ts";
import { parseCount, parseDuration, parseRate } from "../../config/durations.ts";
import { usageError } from "../../errors.ts";
import { addTellingOptions, type Telling, type TellingFlags } from "./telling-options.ts";

export interface EngineFlags extends TellingFlags {
  concurrency: string;
  rate?: string;
  limit?: string;
  maxErrors?: string;
  timeout: string;
  maxOutage: string;
  confirmAbove: string;
  allowEviction?: boolean;
  waitReceipts?: string;
}

/** The options that a first run and a later one share. */
export function addEngineOptions(command: Command): Command {
  command
    .optionsGroup("Sending options:")
    .option("--concurrency <n>", "Maximum number of requests in flight", "64")
    .option("--rate <n>", "Maximum send rate, for example 100/s or 5000/m")
    .option(
      "--max-errors <n>",
      "Stop after this many failed or unknown: a count, or a share of the last 500 (default: 20%)",
    )
    .option("--timeout <time>", "How long to wait for the API to respond", "10s")
    .option("--max-outage <time>", "How long to wait while the API is down, before stopping", "10m")
    .option("--wait-receipts <time>", "How long to wait for receipts of messages with unknown outcome")
    .option("--confirm-above <n>", "Above this number of users, the number must be typed to confirm", "10000")
    .option("--allow-eviction", "Send even if Redis may evict keys, with the risk of duplicates");
  return addTellingOptions(command);
}

/** Requests with one code: the backoffs between eight of them add up to about twenty seconds. */
const MAX_ATTEMPTS = 8;

/** Whether a message, or a variant of it, says nothing: no values, or nothing in any of them. Seldom meant, often an empty shell variable. */
export function isEmptyMessage(message: Message): boolean {
  return eachVariant(message).some(({ message: { fields } }) =>
    fields.every(({ value }) => value.trim() === ""),
  );
}

const SHORTEST_TIMEOUT_MS = 100;
/** Nobody waits longer; and a timer of more than 24 days would fire at once, which makes every outcome unknown. */
const LONGEST_TIMEOUT_MS = 600_000;

/** What a command line says of a run, `limit` apart. */
export interface RunOptions {
  engine: EngineOptions & { timeoutMs: number };
  confirmAbove: number;
  telling?: Telling;
}

export function parseRunOptions(flags: EngineFlags): RunOptions {
  const timeoutMs = parseDuration(flags.timeout, "--timeout");
  if (timeoutMs < SHORTEST_TIMEOUT_MS || timeoutMs > LONGEST_TIMEOUT_MS)
    throw usageError(`--timeout: "${flags.timeout}" is out of range`, "from 100ms to 10m");
  const engine = {
    concurrency: parseCount(flags.concurrency, { name: "--concurrency", min: 1, max: 1024 }),
    rate: flags.rate === undefined ? undefined : parseRate(flags.rate, "--rate"),
    maxErrors: flags.maxErrors === undefined ? DEFAULT_MAX_ERRORS : parseMaxErrors(flags.maxErrors),
    maxAttempts: MAX_ATTEMPTS,
    maxOutageMs: parseDuration(flags.maxOutage, "--max-outage"),
    drainMs: timeoutMs + 1000,
    waitReceiptsMs:
      flags.waitReceipts === undefined ? undefined : parseDuration(flags.waitReceipts, "--wait-receipts"),
    timeoutMs,
  };
  return { engine, confirmAbove: parseCount(flags.confirmAbove, { name: "--confirm-above" }) };
}

/** `--limit`; undefined when it is not given. */
export function parseLimit(text: string | undefined): number | undefined {
  return text === undefined ? undefined : parseCount(text, { name: "--limit", min: 1 });
}

function parseMaxErrors(text: string): MaxErrors {
  const percent = /^(\d{1,3}(?:\.\d+)?)%$/.exec(text)?.[1];
  if (percent !== undefined && Number(percent) <= 100) return { share: Number(percent) / 100 };
  if (/^\d{1,15}$/.test(text)) return { count: Number(text) };
  throw usageError(
    `--max-errors '${text}' is neither a count nor a share`,
    "use --max-errors 100 or --max-errors 5%",
  );
}
