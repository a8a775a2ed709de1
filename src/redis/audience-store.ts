import type { AudiencePage, InvalidRow } from "../broadcast/audience.ts";
import type { AudienceOwner, BroadcastStore } from "../broadcast/record.ts";
import { PushCliError } from "../errors.ts";
import type { Keys } from "./keys.ts";
import type { RedisLink } from "./link.ts";
import { isMissing } from "./missing-commands.ts";
import { SCRIPTS } from "./scripts.ts";

/** A listed audience is kept for as long as the ledgers, without which it can't be resumed: 8 days. */
const AUDIENCE_TTL_SEC = 8 * 24 * 3600;
const AUDIENCE_PAGE = 1000;

type AudienceMethods = Pick<
  BroadcastStore,
  | "addAudience"
  | "audience"
  | "dropAudience"
  | "addInvalid"
  | "invalid"
  | "dropInvalid"
  | "addExcluded"
  | "excluded"
  | "dropExcluded"
>;

/** Stores the users of `--to`, `--to-file` and `--exclude-file`. */
export function createAudiences(link: RedisLink, keys: Keys): AudienceMethods {
  const push = async (key: string, { schedule }: AudienceOwner, at: number, entries: string[]) => {
    // It has to be there when the broadcast begins, and as long after that as any other.
    const waitMs = schedule?.atMs === undefined ? 0 : Math.max(0, schedule.atMs - (await link.now()));
    const ttlSec = AUDIENCE_TTL_SEC + Math.ceil(waitMs / 1000);
    const length = await link.run(SCRIPTS.pushAudience, [key], [at, ttlSec, ...entries]);
    if (length !== at + entries.length) throw lostList(key, at, length);
  };
  return {
    addAudience: (of, page, at) => push(keys.audience(of.id, of.firstRunId), of, at, toEntries(page)),
    audience: async function* ({ id, firstRunId }) {
      for await (const entries of readList(link, keys.audience(id, firstRunId))) yield fromEntries(entries);
    },
    dropAudience: ({ id, firstRunId }) => drop(link, keys.audience(id, firstRunId)),
    addInvalid: (of, rows, at) =>
      push(
        keys.invalid(of.id, of.firstRunId),
        of,
        at,
        rows.map((row) => JSON.stringify(row)),
      ),
    invalid: async function* ({ id, firstRunId }) {
      for await (const entries of readList(link, keys.invalid(id, firstRunId)))
        yield entries.map((entry): InvalidRow => JSON.parse(entry));
    },
    dropInvalid: ({ id, firstRunId }) => drop(link, keys.invalid(id, firstRunId)),
    addExcluded: (of, openIds, at) => push(keys.excluded(of.id, of.firstRunId), of, at, openIds),
    excluded: ({ id, firstRunId }) => readList(link, keys.excluded(id, firstRunId)),
    dropExcluded: ({ id, firstRunId }) => drop(link, keys.excluded(id, firstRunId)),
  };
}

/** Without this check, all pages after a lost one would be left out without a word. */
function lostList(key: string, written: number, length: unknown): PushCliError {
  const message = `Redis lost a part of '${key}': ${written} entries were written, and it holds ${length}`;
  return new PushCliError("redis", message, { hint: "it failed over or restarted meanwhile; run again" });
}

async function* readList(link: RedisLink, key: string): AsyncGenerator<string[]> {
  for (let from = 0; ; from += AUDIENCE_PAGE) {
    const page = await link.call(link.client.lrange(key, from, from + AUDIENCE_PAGE - 1));
    if (page.length > 0) yield page;
    if (page.length < AUDIENCE_PAGE) return;
  }
}

/**
 * One entry per user of a listed audience: the openId, and if the message has columns, a space and their values as a JSON
 * array. An openId holds no spaces.
 */
function toEntries({ openIds, rows }: AudiencePage): string[] {
  return rows ? openIds.map((openId, i) => `${openId} ${JSON.stringify(rows[i])}`) : openIds;
}

/** All entries of one audience have the same form. */
function fromEntries(entries: string[]): AudiencePage {
  if (!entries[0]?.includes(" ")) return { openIds: entries };
  const openIds: string[] = [];
  const rows: string[][] = [];
  for (const entry of entries) {
    const blank = entry.indexOf(" ");
    openIds.push(entry.slice(0, blank));
    rows.push(JSON.parse(entry.slice(blank + 1)));
  }
  return { openIds, rows };
}

/** UNLINK frees a long list in the background; some proxies only support DEL. */
export async function drop({ client, call }: RedisLink, key: string): Promise<void> {
  const orDelete = (error: unknown) => (isMissing(error) ? client.del(key) : Promise.reject(error));
  await call(client.unlink(key).catch(orDelete));
}
