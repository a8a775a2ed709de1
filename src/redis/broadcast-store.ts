import type { BroadcastRecord, BroadcastStore, RunInfo } from "../broadcast/record.ts";
import type { RedisLink } from "./connect.ts";
import type { Keys } from "./keys.ts";

const DAY_SEC = 24 * 3600;
const RECORD_TTL_SEC = 90 * DAY_SEC;
/** A listed audience lives as long as the ledgers that make resuming it meaningful. */
const AUDIENCE_TTL_SEC = 8 * DAY_SEC;
const HEARTBEAT_MS = 15_000;
const AUDIENCE_PAGE = 1000;

export function createBroadcastStore(link: RedisLink, keys: Keys): BroadcastStore {
  const { client, call } = link;
  return {
    create: (record) => createRecord(link, keys, record),
    load: async (id) => fromHash(await call(client.hgetall(keys.broadcast(id)))),
    update: async (id, fields) => {
      await call(client.hset(keys.broadcast(id), toHash(fields)));
    },
    beginRun: async (id, run) => {
      await call(client.hset(keys.broadcast(id), runField(run.runId), JSON.stringify(run)));
      await beat(link, keys, id, run);
    },
    beat: (id, run) => beat(link, keys, id, run),
    endRun: async (id, runId) => {
      await call(client.del(keys.run(id, runId)));
    },
    runs: (id) => loadRuns(link, keys, id),
    addAudience: async (id, openIds) => {
      await call(client.rpush(keys.audience(id), ...openIds));
      await call(client.expire(keys.audience(id), AUDIENCE_TTL_SEC));
    },
    audience: (id) => readAudience(link, keys.audience(id)),
    dropAudience: async (id) => {
      await call(client.unlink(keys.audience(id)));
    },
  };
}

async function createRecord(
  { client, call }: RedisLink,
  keys: Keys,
  record: BroadcastRecord,
): Promise<boolean> {
  const key = keys.broadcast(record.id);
  if ((await call(client.hsetnx(key, "id", record.id))) === 0) return false;
  await call(client.hset(key, toHash(record)));
  await call(client.expire(key, RECORD_TTL_SEC));
  await call(client.zadd(keys.broadcasts, record.startedAtMs, record.id));
  await call(client.zremrangebyscore(keys.broadcasts, "-inf", record.startedAtMs - RECORD_TTL_SEC * 1000));
  return true;
}

/** Texts stay texts, so that an operator can read the hash with redis-cli; structures are JSON. */
function toHash(record: Partial<BroadcastRecord>): Record<string, string> {
  const hash: Record<string, string> = {};
  for (const [name, value] of Object.entries(record)) {
    if (value !== undefined) hash[name] = typeof value === "string" ? value : JSON.stringify(value);
  }
  return hash;
}

function fromHash(hash: Record<string, string>): BroadcastRecord | undefined {
  const { id, appid, message, audience, limit, status, reason, startedAtMs, finishedAtMs, result } = hash;
  if (!id || !message || !status || !startedAtMs) return undefined;
  return {
    id,
    appid: appid ?? "",
    message: JSON.parse(message),
    audience: audience === "list" ? "list" : "pools",
    limit: limit === undefined ? undefined : Number(limit),
    status: status as BroadcastRecord["status"],
    reason,
    startedAtMs: Number(startedAtMs),
    finishedAtMs: finishedAtMs === undefined ? undefined : Number(finishedAtMs),
    result: result === undefined ? undefined : JSON.parse(result),
  };
}

/** The record's field for a run; what else is in the hash has no colon in its name. */
const RUN_FIELD = "run:";

function runField(runId: string): string {
  return `${RUN_FIELD}${runId}`;
}

async function beat({ client, call }: RedisLink, keys: Keys, id: string, run: RunInfo): Promise<void> {
  await call(client.set(keys.run(id, run.runId), JSON.stringify(run), "PX", HEARTBEAT_MS));
}

async function loadRuns(
  { client, call }: RedisLink,
  keys: Keys,
  id: string,
): ReturnType<BroadcastStore["runs"]> {
  const hash = await call(client.hgetall(keys.broadcast(id)));
  const runs = Object.entries(hash)
    .filter(([name]) => name.startsWith(RUN_FIELD))
    .map(([, value]) => JSON.parse(value) as RunInfo)
    .sort((a, b) => a.sinceMs - b.sinceMs);
  const alive = await call(Promise.all(runs.map(({ runId }) => client.exists(keys.run(id, runId)))));
  return runs.map((run, i) => ({ ...run, alive: alive[i] === 1 }));
}

async function* readAudience(link: RedisLink, key: string): AsyncGenerator<string[]> {
  for (let from = 0; ; from += AUDIENCE_PAGE) {
    const page = await link.call(link.client.lrange(key, from, from + AUDIENCE_PAGE - 1));
    if (page.length > 0) yield page;
    if (page.length < AUDIENCE_PAGE) return;
  }
}
