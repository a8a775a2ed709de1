import { parseDuration } from "../../config/durations.ts";
import { loadSourceUrl } from "../../config/source-url.ts";
import { usageError } from "../../errors.ts";
import type { Deps, SourceNeeds } from "../deps.ts";

export interface FromFlags {
  from?: SourceNeeds["layout"];
  fromPrefix?: string;
  fromRedisUrl?: string;
  fromKeys: SourceNeeds["keys"];
  lifetime?: string;
}

export const LAYOUTS = ["list", "zset", "string", "hash", "set"] as const;

/** Where to import from, when that is a Redis; undefined for a file. Throws a usage error when the options don't fit. */
export async function parseFrom(
  deps: Deps,
  flags: FromFlags,
  file: string | undefined,
): Promise<SourceNeeds | undefined> {
  const { from: layout, fromPrefix, fromRedisUrl, fromKeys: keys } = flags;
  if (!layout) {
    const given = [fromPrefix, fromRedisUrl, flags.lifetime].some((flag) => flag !== undefined);
    if (given || keys !== "plain")
      throw usageError("--from is missing", "--from list, zset, string, hash or set says what the keys hold");
    return undefined;
  }
  if (file !== undefined) throw usageError(`'${file}': codes come from a file or from Redis, not both`);
  const redisUrl = loadSourceUrl(fromRedisUrl, deps.io);
  if (fromPrefix === undefined && redisUrl === undefined && keys === "plain") {
    throw usageError("--from-prefix is missing", "what the keys begin with, such as mina:openId:");
  }
  if (fromPrefix === "") throw usageError('--from-prefix: "" would be all keys', "such as mina:openId:");
  const lifetimeMs = flags.lifetime === undefined ? undefined : parseLifetime(flags.lifetime);
  return { layout, keys, lifetimeMs, prefix: fromPrefix ?? (await deps.settings()).poolPrefix, redisUrl };
}

const WEEK_MS = 7 * 86_400_000;

/** With a unit: 7 would be seconds, and whoever writes that means days. */
function parseLifetime(text: string): number {
  const hint = "a time with its unit, such as 7d or 160h; no code lives longer than 7 days";
  if (/^[\d.]*$/.test(text)) throw usageError(`--lifetime: "${text}" has no unit`, hint);
  const ms = parseDuration(text, "--lifetime");
  if (ms > 0 && ms <= WEEK_MS) return ms;
  throw usageError(`--lifetime: "${text}" is out of range`, hint);
}
