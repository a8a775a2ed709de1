import type { Message } from "../broadcast/channel.ts";
import type {
  BroadcastRecord,
  BroadcastStore,
  KnownRun,
  RunInfo,
  RunState,
  Wanted,
} from "../broadcast/record.ts";
import { createAudiences, drop } from "./audience-store.ts";
import { createCanaries, readCanary } from "./canary-store.ts";
import type { Keys } from "./keys.ts";
import type { RedisLink } from "./link.ts";
import { SCRIPTS } from "./scripts.ts";

const DAY_SEC = 24 * 3600;
const RECORD_TTL_SEC = 90 * DAY_SEC;

export function createBroadcastStore(link: RedisLink, keys: Keys): BroadcastStore {
  const { client, call } = link;
  return {
    create: (record) => createRecord(link, keys, record),
    load: async (id) => fromHash(await call(client.hgetall(keys.broadcast(id)))),
    update: (id, fields) => updateRecord(link, keys.broadcast(id), fields),
    end: async (id, knownRuns, fields) => {
      const args = [RUN_FIELD, knownRuns.length, ...knownRuns, ...toChanges(fields)];
      return (await link.run(SCRIPTS.endBroadcast, [keys.broadcast(id)], args)) === 1;
    },
    move: (from, fields) => moveRecord(link, keys.broadcast(from.id), from, fields),
    wanted: async (id) => {
      const key = keys.broadcast(id);
      const [there, wanted] = await call(Promise.all([client.hget(key, "id"), client.hget(key, "wanted")]));
      if (!there) return "gone";
      return wanted ? (JSON.parse(wanted) as Wanted) : undefined;
    },
    delete: async ({ id, firstRunId }) => {
      // The record first: without it, the rest does not count as a broadcast.
      await drop(link, keys.broadcast(id));
      await drop(link, keys.audience(id, firstRunId));
      await drop(link, keys.invalid(id, firstRunId));
      await drop(link, keys.excluded(id, firstRunId));
      await call(client.zrem(keys.broadcasts, id));
    },
    list: (limit) => listRecords(link, keys, limit),
    listScheduled: () => listScheduled(link, keys),
    ...createRuns(link, keys),
    ...createAudiences(link, keys),
    ...createCanaries(link, keys),
  };
}

type RunMethods = Pick<BroadcastStore, "beginRun" | "beat" | "endRun" | "buryRun" | "leaseLeftMs" | "runs">;

function createRuns(link: RedisLink, keys: Keys): RunMethods {
  const { client, call } = link;
  // By the script that only changes existing records: a deleted record must not come back in part.
  const keep = (id: string, run: RunInfo, state: RunState) =>
    link.run(
      SCRIPTS.updateBroadcast,
      [keys.broadcast(id)],
      [0, runField(run.runId), JSON.stringify({ ...run, ...state })],
    );
  return {
    beginRun: async (id, run, state, leaseMs) => {
      // In this order nobody can meet the run without its heartbeat, and take it for a dead one.
      await call(client.set(keys.run(id, run.runId), JSON.stringify(run), "PX", leaseMs));
      await keep(id, run, state);
    },
    beat: async (id, run, state, leaseMs) => {
      const key = keys.run(id, run.runId);
      // Before the heartbeat: failing after it, this would hide that the heartbeat had been gone.
      await keep(id, run, state);
      const unbroken = (await call(client.set(key, JSON.stringify(run), "PX", leaseMs, "XX"))) === "OK";
      if (!unbroken) await call(client.set(key, JSON.stringify(run), "PX", leaseMs));
      return unbroken;
    },
    endRun: async (id, run, state) => {
      await keep(id, run, { ...state, over: true });
      await call(client.del(keys.run(id, run.runId)));
    },
    buryRun: async (id, runId) => {
      await call(client.del(keys.run(id, runId)));
    },
    leaseLeftMs: async (id, runId) => Math.max(0, await call(client.pttl(keys.run(id, runId)))),
    runs: (id) => loadRuns(link, keys, id),
  };
}

async function createRecord(link: RedisLink, keys: Keys, record: BroadcastRecord): Promise<boolean> {
  const { client, call } = link;
  const { id, firstRunId } = record;
  // Redis' own time: by that of a machine whose clock is ahead, all other records would be old enough to be removed.
  const nowMs = await link.now();
  // Listed first, because a name without a record does no harm, and one of an older record keeps its time.
  await call(client.zadd(keys.broadcasts, "NX", record.schedule?.atMs ?? nowMs, id));
  const args = [RECORD_TTL_SEC, firstRunId, ...Object.entries(toHash(record)).flat()];
  if ((await link.run(SCRIPTS.createBroadcast, [keys.broadcast(id)], args)) !== 1) return false;
  await call(client.zremrangebyscore(keys.broadcasts, "-inf", nowMs - RECORD_TTL_SEC * 1000));
  return true;
}

async function updateRecord(link: RedisLink, key: string, fields: Partial<BroadcastRecord>): Promise<void> {
  await link.run(SCRIPTS.updateBroadcast, [key], toChanges(fields));
}

async function moveRecord(
  link: RedisLink,
  key: string,
  { status, wanted }: Pick<BroadcastRecord, "status" | "wanted">,
  fields: Partial<BroadcastRecord>,
): Promise<boolean> {
  const args = [status, wanted === undefined ? "" : JSON.stringify(wanted), ...toChanges(fields)];
  return (await link.run(SCRIPTS.moveBroadcast, [key], args)) === 1;
}

/** As the scripts take them: how many fields go, which, and the others with their values. */
function toChanges(fields: Partial<BroadcastRecord>): (string | number)[] {
  const gone = Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [name] : []));
  return [gone.length, ...gone, ...Object.entries(toHash(fields)).flat()];
}

async function listRecords(
  { client, call }: RedisLink,
  keys: Keys,
  limit: number,
): Promise<BroadcastRecord[]> {
  const ids = await call(client.zrevrange(keys.broadcasts, 0, limit - 1));
  const hashes = await call(Promise.all(ids.map((id) => client.hgetall(keys.broadcast(id)))));
  return hashes.map(fromHash).filter((record) => record !== undefined);
}

/** How many records are asked for their status in one round trip. */
const STATUS_PAGE = 500;

/** All of them, however many newer ones there are. */
async function listScheduled({ client, call }: RedisLink, keys: Keys): Promise<BroadcastRecord[]> {
  const ids = await call(client.zrange(keys.broadcasts, "0", "-1"));
  const scheduled: string[] = [];
  for (let at = 0; at < ids.length; at += STATUS_PAGE) {
    const page = ids.slice(at, at + STATUS_PAGE);
    const statuses = await call(Promise.all(page.map((id) => client.hget(keys.broadcast(id), "status"))));
    scheduled.push(...page.filter((_, i) => statuses[i] === "scheduled"));
  }
  const hashes = await call(Promise.all(scheduled.map((id) => client.hgetall(keys.broadcast(id)))));
  return hashes.map(fromHash).filter((record) => record?.status === "scheduled") as BroadcastRecord[];
}

/** Older versions kept the values of keyword1, keyword2 ... alone. */
function readMessage(text: string): Message {
  const message: Message & { keywords?: string[]; emphasis?: number } = JSON.parse(text);
  const { keywords, emphasis, ...rest } = message;
  if (keywords === undefined) return message;
  const fields = keywords.map((value, i) => ({ name: `keyword${i + 1}`, value }));
  return { ...rest, fields, ...(emphasis === undefined ? {} : { options: { emphasis: `${emphasis}` } }) };
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
  const { id, firstRunId, appid, message, audience, status, startedAtMs } = hash;
  if (!id || !message || !status || !startedAtMs) return undefined;
  const number = (text: string | undefined) => (text === undefined ? undefined : Number(text));
  const json = (text: string | undefined) => (text === undefined ? undefined : JSON.parse(text));
  return {
    id,
    firstRunId: firstRunId ?? "",
    appid: appid ?? "",
    apiBase: hash.apiBase,
    channel: hash.channel,
    message: readMessage(message),
    audience: audience === "list" ? "list" : "pools",
    policy: json(hash.policy),
    schedule: json(hash.schedule),
    canary: readCanary(hash),
    limit: number(hash.limit),
    recipients: number(hash.recipients),
    variantRecipients: json(hash.variantRecipients),
    rate: number(hash.rate),
    users: number(hash.users),
    invalid: number(hash.invalid),
    status: status as BroadcastRecord["status"],
    // Older versions stored an empty text where there was no reason.
    reason: hash.reason || undefined,
    exit: hash.exit as BroadcastRecord["exit"],
    beganBy: hash.beganBy,
    evicted: json(hash.evicted),
    testOf: hash.testOf,
    resumeWith: hash.resumeWith as BroadcastRecord["resumeWith"],
    wanted: json(hash.wanted),
    cut: json(hash.cut),
    startedAtMs: Number(startedAtMs),
    finishedAtMs: number(hash.finishedAtMs),
    result: json(hash.result),
  };
}

/** The record's field for a run; no other field of the hash has a colon in its name. */
const RUN_FIELD = "run:";

function runField(runId: string): string {
  return `${RUN_FIELD}${runId}`;
}

async function loadRuns({ client, call }: RedisLink, keys: Keys, id: string): Promise<KnownRun[]> {
  const load = async () => parseRuns(await call(client.hgetall(keys.broadcast(id))));
  const runs = await load();
  const alive = await call(Promise.all(runs.map(({ runId }) => client.exists(keys.run(id, runId)))));
  const known = runs.map((run, i): KnownRun => ({ ...run, alive: alive[i] === 1 }));
  // A run records its end before removing its heartbeat. One that does both between these two reads would look dead.
  if (known.every((run) => run.alive || run.over)) return known;
  const later = new Map((await load()).map((run) => [run.runId, run]));
  return known.map((run) => ({ ...run, ...later.get(run.runId) }));
}

/** The oldest first. */
function parseRuns(hash: Record<string, string>): (RunInfo & RunState)[] {
  return Object.entries(hash)
    .filter(([name]) => name.startsWith(RUN_FIELD))
    .map(([, value]) => JSON.parse(value) as RunInfo & RunState)
    .sort((a, b) => a.sinceMs - b.sinceMs);
}
