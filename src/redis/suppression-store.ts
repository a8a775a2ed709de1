import type { SuppressedUser, Suppression, SuppressionList } from "../broadcast/suppression.ts";
import type { Keys } from "./keys.ts";
import type { RedisLink } from "./link.ts";
import { SCRIPTS } from "./scripts.ts";

/** Fields of the list in one command: a fraction of a millisecond of Redis' time. */
const BATCH = 500;

/**
 * One hash of all channels, beside pools and ledgers: those of codes and those of consents are in different cluster slots,
 * so no key of a user could serve both.
 */
export function createSuppressionList(link: RedisLink, keys: Keys): SuppressionList {
  const { client, call } = link;
  const key = keys.suppressed;
  return {
    now: link.now,
    findSuppressed: (openIds) => findSuppressed(link, keys, openIds),
    read: async (openIds) => {
      const users = await decodeAll(link, await readFields(link, key, openIds));
      const byId = new Map(users.map((user) => [user.openId, user]));
      return openIds.map((openId) => byId.get(openId));
    },
    write: async (users) => {
      for (const some of batches(users)) {
        const pairs = some.flatMap(({ openId, ...suppression }) => [openId, encode(suppression)]);
        await call(client.hset(key, ...pairs));
      }
    },
    remove: async (openIds) => {
      let removed = 0;
      for (const some of batches(openIds)) removed += await call(client.hdel(key, ...some));
      return removed;
    },
    async *sweep(match) {
      for await (const fields of scanFields(link, key, match)) yield await decodeAll(link, fields);
    },
    removeEnded: async () => {
      let removed = 0;
      for await (const fields of scanFields(link, key)) {
        const users = await decodeAll(link, fields);
        const ended = fields.filter((_, i) => users[i]!.isOver);
        if (ended.length > 0) removed += Number(await link.run(SCRIPTS.dropFields, [key], ended.flat()));
      }
      return removed;
    },
  };
}

/**
 * Those of the users of a claim who must not be messaged now, by Redis' clock; one command for 500 of them. A value that is
 * not understood has no end: somebody who must not be messaged is the worse mistake.
 */
export async function findSuppressed(
  link: RedisLink,
  { suppressed }: Keys,
  openIds: readonly string[],
): Promise<ReadonlySet<string>> {
  const fields = await readFields(link, suppressed, openIds);
  if (fields.length === 0) return NOBODY;
  const users = await decodeAll(link, fields);
  return new Set(users.filter(({ isOver }) => !isOver).map(({ openId }) => openId));
}

const NOBODY: ReadonlySet<string> = new Set();

type Field = [openId: string, value: string];

/** The fields that there are. */
async function readFields(
  { client, call }: RedisLink,
  key: string,
  openIds: readonly string[],
): Promise<Field[]> {
  const fields: Field[] = [];
  for (const some of batches(openIds)) {
    const values = await call(client.hmget(key, ...some));
    for (const [i, value] of values.entries()) if (value !== null) fields.push([some[i]!, value]);
  }
  return fields;
}

async function* scanFields({ client, call }: RedisLink, key: string, match = "*"): AsyncGenerator<Field[]> {
  let cursor = "0";
  do {
    const [next, cells] = await call(client.hscan(key, cursor, "MATCH", match, "COUNT", BATCH));
    cursor = next;
    const fields: Field[] = [];
    for (let at = 0; at < cells.length; at += 2) fields.push([cells[at]!, cells[at + 1]!]);
    if (fields.length > 0) yield fields;
  } while (cursor !== "0");
}

/** Redis' clock is asked only where there is an end. */
async function decodeAll(link: RedisLink, fields: readonly Field[]): Promise<SuppressedUser[]> {
  const users = fields.map(([openId, text]) => decode(openId, text));
  const nowMs = users.some(({ untilMs }) => untilMs !== undefined) ? await link.now() : 0;
  return users.map((user) => ({ ...user, isOver: user.untilMs !== undefined && user.untilMs <= nowMs }));
}

function encode({ reason, untilMs, atMs, by }: Suppression): string {
  return JSON.stringify({ reason, untilMs, atMs, by });
}

function decode(openId: string, text: string): Suppression & { openId: string } {
  const { reason, untilMs, atMs, by } = parse(text);
  return {
    openId,
    ...(typeof reason === "string" ? { reason } : {}),
    ...(isTime(untilMs) ? { untilMs } : {}),
    ...(isTime(atMs) ? { atMs } : {}),
    ...(typeof by === "string" ? { by } : {}),
  };
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {}; // Written by something else; who has a field is suppressed.
  }
}

function isTime(value: unknown): value is number {
  return typeof value === "number" && Math.abs(value) <= 8.64e15;
}

function* batches<T>(all: readonly T[]): Generator<T[]> {
  for (let at = 0; at < all.length; at += BATCH) yield all.slice(at, at + BATCH);
}
