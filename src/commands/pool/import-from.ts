import { loadSourceUrl } from "../../config/source-url.ts";
import { usageError } from "../../errors.ts";
import type { Deps, SourceNeeds } from "../deps.ts";

export interface FromFlags {
  from?: SourceNeeds["layout"];
  fromPrefix?: string;
  fromRedisUrl?: string;
  fromKeys: SourceNeeds["keys"];
}

/** Where to import from, when that is a Redis; undefined for a file. Throws a usage error when the options don't fit. */
export async function parseFrom(
  deps: Deps,
  flags: FromFlags,
  file: string | undefined,
): Promise<SourceNeeds | undefined> {
  const { from: layout, fromPrefix, fromRedisUrl, fromKeys: keys } = flags;
  if (!layout) {
    const given = fromPrefix !== undefined || fromRedisUrl !== undefined || keys !== "plain";
    if (given) throw usageError("--from is missing", "--from list, zset or string says what the keys hold");
    return undefined;
  }
  if (file !== undefined) throw usageError(`'${file}': codes come from a file or from Redis, not both`);
  const redisUrl = loadSourceUrl(fromRedisUrl, deps.io);
  if (fromPrefix === undefined && redisUrl === undefined && keys === "plain") {
    throw usageError("--from-prefix is missing", "what the keys begin with, such as mina:openId:");
  }
  if (fromPrefix === "") throw usageError('--from-prefix: "" would be all keys', "such as mina:openId:");
  return { layout, keys, prefix: fromPrefix ?? (await deps.settings()).poolPrefix, redisUrl };
}
