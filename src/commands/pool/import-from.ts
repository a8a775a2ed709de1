import { parseDuration } from "../../config/durations.ts";
import { loadSourceUrl } from "../../config/source-url.ts";
import { usageError } from "../../errors.ts";
import type { Deps, SourceNeeds } from "../deps.ts";

export interface FromFlags {
  from?: SourceNeeds["layout"];
  fromPrefix?: string;
  fromKey?: string;
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
  const { from: layout, fromPrefix, fromKey, fromRedisUrl, fromKeys: keys } = flags;
  if (!layout) {
    const given = [fromPrefix, fromKey, fromRedisUrl, flags.lifetime].some((flag) => flag !== undefined);
    if (given || keys !== "plain")
      throw usageError("--from is missing", "--from list, zset, string, hash or set says what the keys hold");
    return undefined;
  }
  if (file !== undefined) throw usageError(`'${file}': codes come from a file or from Redis, not both`);
  const redisUrl = loadSourceUrl(fromRedisUrl, deps.io);
  const isOwn = redisUrl === undefined && keys === "plain";
  const place = parsePlace(flags) ?? (isOwn ? undefined : await placeOfPools(deps));
  if (!place) {
    const hint = "what the keys begin with, such as mina:openId:; or --from-key, such as '%#formId'";
    throw usageError("--from-prefix is missing", hint);
  }
  const lifetimeMs = flags.lifetime === undefined ? undefined : parseLifetime(flags.lifetime);
  return { layout, keys, lifetimeMs, place, redisUrl };
}

function parsePlace({ fromPrefix, fromKey }: FromFlags): SourceNeeds["place"] | undefined {
  if (fromPrefix === "") throw usageError('--from-prefix: "" would be all keys', "such as mina:openId:");
  if (fromKey === undefined) return fromPrefix === undefined ? undefined : { prefix: fromPrefix };
  if (fromPrefix !== undefined)
    throw usageError("--from-key and --from-prefix exclude each other", "leave one of them out");
  const problem = patternProblem(fromKey);
  if (problem === undefined) return { pattern: fromKey };
  throw usageError(
    `--from-key: "${fromKey}" ${problem}`,
    "a key with % for the openId and * for any text, such as 'formId:%:*' or '%#formId'",
  );
}

function patternProblem(pattern: string): string | undefined {
  if (pattern.split("%").length !== 2) return "does not have one % for the openId";
  if (/^[%*]*$/.test(pattern)) return "would be all keys";
  return /\*%|%\*/.test(pattern) ? "does not say where the openId begins and ends" : undefined;
}

async function placeOfPools(deps: Deps): Promise<SourceNeeds["place"]> {
  const { poolPrefix, poolSuffix } = await deps.settings();
  return { prefix: poolPrefix, suffix: poolSuffix };
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
