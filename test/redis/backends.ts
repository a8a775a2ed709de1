import type { Redis } from "ioredis";

/** A code that a backend sends with; undefined when it found none, or was told that it came too late. */
type Taken = string | undefined;

/**
 * One way in which backends take a code off a pool: what it reads, then, with others at work in between, what it makes of
 * that. All pick the first code that has not expired.
 */
export interface Backend {
  name: string;
  read(redis: Redis, pool: string): Promise<(script: string) => Promise<Taken>>;
}

interface Picked {
  formId: string;
  entry: string;
  index: number;
  all: string[];
}

/** The first code that has not expired, of what LRANGE answered. */
async function pick(redis: Redis, pool: string): Promise<Picked> {
  const all = await redis.lrange(pool, 0, -1);
  const index = all.findIndex((entry) => !isExpired(entry));
  return { formId: formIdOf(all[index]!), entry: all[index]!, index, all };
}

export function formIdOf(entry: string): string {
  return (JSON.parse(entry) as { formId: string }).formId;
}

function isExpired(entry: string): boolean {
  return (JSON.parse(entry) as { expire: number }).expire < Date.now();
}

/** Pops until it has a code that has not expired: LPOP both reads and removes. */
async function popCode(redis: Redis, pool: string): Promise<Taken> {
  for (;;) {
    const entry = await redis.lpop(pool);
    if (entry === null) return undefined;
    if (!isExpired(entry)) return formIdOf(entry);
  }
}

/** Looks at the head and pops it, taking for granted that the head is still the same. */
async function popSeen(redis: Redis, pool: string, seen: string | null): Promise<Taken> {
  for (let head = seen; head !== null; head = await redis.lindex(pool, 0)) {
    await redis.lpop(pool);
    if (!isExpired(head)) return formIdOf(head);
  }
  return undefined;
}

/** WATCH on a connection of its own, because it belongs to the connection. */
async function watchAndTrim(redis: Redis, pool: string) {
  const own = redis.duplicate();
  await own.watch(pool);
  const { formId, index } = await pick(own, pool);
  return async () => {
    const done = await own
      .multi()
      .ltrim(pool, index + 1, -1)
      .exec();
    own.disconnect();
    return done === null ? undefined : formId;
  };
}

export const BACKENDS: Backend[] = [
  {
    name: "LRANGE, then LTRIM n -1",
    read: async (redis, pool) => {
      const { formId, index } = await pick(redis, pool);
      return async () => {
        await redis.ltrim(pool, index + 1, -1);
        return formId;
      };
    },
  },
  {
    name: "LRANGE, then LTRIM n to the length read",
    read: async (redis, pool) => {
      const { formId, index, all } = await pick(redis, pool);
      return async () => {
        await redis.ltrim(pool, index + 1, all.length - 1);
        return formId;
      };
    },
  },
  {
    name: "LINDEX 0, then LPOP",
    read: async (redis, pool) => {
      const seen = await redis.lindex(pool, 0);
      return () => popSeen(redis, pool, seen);
    },
  },
  {
    name: "LRANGE, then DEL and RPUSH of the rest",
    read: async (redis, pool) => {
      const { formId, index, all } = await pick(redis, pool);
      return async () => {
        const rest = all.slice(index + 1);
        await redis
          .multi()
          .del(pool)
          .rpush(pool, ...rest)
          .exec();
        return formId;
      };
    },
  },
  {
    name: "LRANGE, then LREM, its answer not looked at",
    read: async (redis, pool) => {
      const { formId, entry } = await pick(redis, pool);
      return async () => {
        await redis.lrem(pool, 1, entry);
        return formId;
      };
    },
  },
  {
    name: "LRANGE, then LREM, 0 taken for too late",
    read: async (redis, pool) => {
      const { formId, entry } = await pick(redis, pool);
      return async () => ((await redis.lrem(pool, 1, entry)) === 1 ? formId : undefined);
    },
  },
  { name: "WATCH, LRANGE, then MULTI LTRIM EXEC", read: watchAndTrim },
  { name: "LPOP, and a look at what it answers", read: async (redis, pool) => () => popCode(redis, pool) },
  {
    name: "the script of push-cli script claim",
    read: async (redis, pool) => async (script) => {
      const [state, formId] = (await redis.eval(script, 1, pool, 0)) as [number, string];
      return state === 1 ? formId : undefined;
    },
  },
];
