import { parseDuration } from "../../config/durations.ts";
import { loadSourceUrl } from "../../config/source-url.ts";
import { SOURCE_URL_ENV } from "../../config/variables.ts";
import { passwordWarning } from "../../config/warnings.ts";
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
      throw usageError(
        "--from is missing",
        "use --from list, zset, string, hash or set, depending on the type of the keys",
      );
    return undefined;
  }
  if (file !== undefined)
    throw usageError(`'${file}' and --from can't be used together: import from a file or from Redis`);
  const redisUrl = loadSourceUrl(fromRedisUrl, deps.io);
  const warning = passwordWarning("--from-redis-url", fromRedisUrl, SOURCE_URL_ENV);
  if (warning !== undefined) deps.out.warn(`warning: ${warning}`);
  const isOwn = redisUrl === undefined && keys === "plain";
  const place = parsePlace(flags) ?? (isOwn ? undefined : await placeOfPools(deps));
  if (!place) {
    const hint = "give the prefix of the keys, such as mina:openId:, or --from-key, such as '%#formId'";
    throw usageError("--from-prefix is missing", hint);
  }
  const lifetimeMs = flags.lifetime === undefined ? undefined : parseLifetime(flags.lifetime);
  return { layout, keys, lifetimeMs, place, redisUrl };
}

function parsePlace({ fromPrefix, fromKey }: FromFlags): SourceNeeds["place"] | undefined {
  if (fromPrefix === "") throw usageError('--from-prefix: "" would match all keys', "such as mina:openId:");
  if (fromKey === undefined) return fromPrefix === undefined ? undefined : { prefix: fromPrefix };
  if (fromPrefix !== undefined)
    throw usageError("--from-key and --from-prefix can't be used together", "use only one of them");
  const problem = patternProblem(fromKey);
  if (problem === undefined) return { pattern: fromKey };
  throw usageError(
    `--from-key: "${fromKey}" ${problem}`,
    "give a key with % for the openId and * for any text, such as 'formId:%:*' or '%#formId'",
  );
}

function patternProblem(pattern: string): string | undefined {
  if (pattern.split("%").length !== 2) return "must contain exactly one % for the openId";
  if (/^[%*]*$/.test(pattern)) return "would match all keys";
  return /\*%|%\*/.test(pattern) ? "does not tell where the openId begins and ends" : undefined;
}

async function placeOfPools(deps: Deps): Promise<SourceNeeds["place"]> {
  const { poolPrefix, poolSuffix } = await deps.settings();
  return { prefix: poolPrefix, suffix: poolSuffix };
}

const WEEK_MS = 7 * 86_400_000;

/** With a unit: 7 would be seconds, and whoever writes that means days. */
function parseLifetime(text: string): number {
  const hint = "give a time with a unit, such as 7d or 160h, at most 7 days";
  if (/^[\d.]*$/.test(text)) throw usageError(`--lifetime: "${text}" has no unit`, hint);
  const ms = parseDuration(text, "--lifetime");
  if (ms > 0 && ms <= WEEK_MS) return ms;
  throw usageError(`--lifetime: "${text}" is out of range`, hint);
}
