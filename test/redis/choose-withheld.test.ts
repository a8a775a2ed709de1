import { createHash } from "node:crypto";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { makeChoice, type Policy } from "../../src/broadcast/policy.ts";
import type { ClaimReply, Ledger } from "../../src/broadcast/ports.ts";
import { shareOf } from "../broadcast/share-of.ts";
import { plainEntry, startTestRedis, type TestRedis } from "../helpers/redis.ts";
import { FAR, PAST } from "./seed.ts";

/*
 * From whom a message is withheld, by share and by caps: against a model that knows the manual alone, over the runs of a broadcast
 * that are killed, resumed and joined, and that begin long after it.
 */

let redis: TestRedis;
beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** Records of other broadcasts in a ledger that is looked at. */
const MAX_RECORDS = 1024;

type Code = "soon" | "late" | "expired";
/** `unlike`: in a form that the short way of the script does not read. */
type ModelEntry = { codes: Code[]; unlike: boolean } | "foreign";
interface Sent {
  state: string;
  /** Before the broadcast began; less than 0 for one of later. */
  ageMs: number;
}
interface User {
  openId: string;
  entries: ModelEntry[];
  others: Record<string, Sent>;
  /** What an earlier run of this broadcast, dead since, has left. */
  own: "nothing" | "no_code" | "sent" | "claimed";
  /** Refusals of other broadcasts besides. */
  refusals: number;
}

const OTHERS = ["b1", "b2", "b3", "b4", "b5"];
const STATES = ["sent", "unknown", "claimed", "sent", "unknown", "claimed", "rejected", "failed", "no_code"];
const code = fc.constantFrom<Code>("soon", "late", "expired");
const entry: fc.Arbitrary<ModelEntry> = fc.oneof(
  { weight: 6, arbitrary: code.map((one) => ({ codes: [one], unlike: false })) },
  {
    weight: 2,
    arbitrary: fc
      .array(code, { minLength: 1, maxLength: 3 })
      .map((codes): ModelEntry => ({ codes, unlike: true })),
  },
  { weight: 1, arbitrary: fc.constant("foreign" as const) },
);
/** About the edges of the caps, which are exact to the millisecond. */
const age = fc
  .tuple(fc.constantFrom(0, HOUR_MS, DAY_MS, 7 * DAY_MS), fc.constantFrom(-MINUTE_MS, -1, 0, 1, MINUTE_MS))
  .map(([edge, off]) => edge + off);
const sent: fc.Arbitrary<Sent> = fc.record({ state: fc.constantFrom(...STATES), ageMs: age });

const users: fc.Arbitrary<User[]> = fc
  .uniqueArray(fc.stringMatching(/^[ab][a-e]{0,3}$/), { minLength: 1, maxLength: 12, size: "max" })
  .chain((names) =>
    fc.tuple(
      ...names.map((openId) =>
        fc.record<User>({
          openId: fc.constant(openId),
          entries: fc.array(entry, { maxLength: 4 }),
          others: fc.dictionary(fc.constantFrom(...OTHERS), sent, { maxKeys: 5 }),
          own: fc.constantFrom("nothing", "nothing", "nothing", "no_code", "sent", "claimed"),
          refusals: fc.oneof(
            { weight: 30, arbitrary: fc.constant(0) },
            { weight: 1, arbitrary: fc.constantFrom(700, MAX_RECORDS - 1, MAX_RECORDS, MAX_RECORDS + 1) },
          ),
        }),
      ),
    ),
  );

interface Plan {
  match?: "a*";
  notIn?: string[];
  holdout?: { share: number; seed: string };
  caps?: { count: number; withinMs: number }[];
  expiringWithinMs?: number;
  minValid?: number;
}
const plans: fc.Arbitrary<Plan> = fc.record(
  {
    match: fc.constant("a*" as const),
    notIn: fc.subarray(OTHERS, { minLength: 1, maxLength: 2 }),
    holdout: fc.record({
      share: fc.constantFrom(0.05, 0.3, 0.8),
      seed: fc.constantFrom("camp-1", "camp-2", "x"),
    }),
    caps: fc.array(
      fc.record({
        count: fc.integer({ min: 1, max: 3 }),
        withinMs: fc.constantFrom(HOUR_MS, DAY_MS, 7 * DAY_MS),
      }),
      { minLength: 1, maxLength: 3 },
    ),
    expiringWithinMs: fc.constant(HOUR_MS),
    minValid: fc.constantFrom(1, 2, 2),
  },
  { requiredKeys: [] },
);

function policyOf(plan: Plan, startMs: number): Policy {
  const { notIn, caps, ...rest } = plan;
  return {
    ...rest,
    ...(notIn ? { notIn: notIn.map((id) => ({ id, startedAtMs: 0 })) } : {}),
    ...(caps ? { caps: caps.map((cap) => ({ ...cap, sinceMs: startMs - cap.withinMs })) } : {}),
  };
}

/** What the claim of a user must come to. */
function expected({ openId, entries, others, own, refusals }: User, plan: Plan): string {
  const reached = Object.entries(others).filter(([, { state }]) =>
    ["sent", "unknown", "claimed"].includes(state),
  );
  const { match, holdout, notIn = [], caps = [], expiringWithinMs, minValid = 1 } = plan;
  if (match && !openId.startsWith("a")) return "match";
  if (holdout && shareOf(holdout.seed, openId) < holdout.share) return "held_out";
  if (own === "sent") return "settled";
  if (own === "claimed") return "claimed earlier";
  if (reached.some(([id]) => notIn.includes(id))) return "notIn";
  const records = Object.keys(others).length + refusals;
  const since = (ms: number) => reached.filter(([, { ageMs }]) => ageMs <= ms).length;
  if (caps.length > 0 && records > MAX_RECORDS) return "capped";
  if (caps.some(({ count, withinMs }) => since(withinMs) >= count)) return "capped";
  const codes = entries.flatMap((one) => (one === "foreign" ? [] : one.codes));
  const valid = codes.filter((one) => one !== "expired");
  if (valid.length === 0) return "no_code";
  if (expiringWithinMs !== undefined && valid[0] === "late") return "expiringWithin";
  if (valid.length < minValid) return "minValid";
  return `claimed ${openId}${codes.findIndex((one) => one !== "expired")}`;
}

async function seed(some: readonly User[], startMs: number, nowMs: number): Promise<void> {
  const pipeline = redis.client.pipeline();
  for (const { openId, entries, others, own, refusals } of some) {
    let n = 0;
    const expiries = { soon: nowMs + HOUR_MS / 2, late: nowMs + 20 * HOUR_MS, expired: PAST };
    const write = (one: Code) => plainEntry(`${openId}${n++}`, expiries[one]);
    const texts = entries.map((one) => {
      if (one === "foreign") return "not ours";
      return one.unlike ? `[${one.codes.map(write).join(",")}]` : write(one.codes[0] ?? "expired");
    });
    if (texts.length > 0) pipeline.rpush(`mina:openid:${openId}`, ...texts);
    const record = (state: string, atMs: number, run = "x") =>
      state === "claimed"
        ? `claimed ${run} 1 ${atMs} 0 1 ${FAR} earlier 0\n`
        : `${state} ${run} 1 ${atMs} - - - 0 0`;
    const fields = Object.entries(others).flatMap(([id, { state, ageMs }]) => [
      id,
      record(state, startMs - ageMs),
    ]);
    if (own !== "nothing") fields.push("a", record(own, startMs, "r0"));
    for (let i = 0; i < refusals; i++) fields.push(`old-${i}`, record("rejected", startMs - HOUR_MS));
    if (fields.length > 0) pipeline.hset(ledgerKey(openId), ...fields);
  }
  await pipeline.exec();
}

const ledgerKey = (openId: string) => `{mina:openid:${openId}}:sends`;

/** All pools and ledgers; a ledger's records as one digest, because some are long. */
async function readAll(): Promise<Record<string, string>> {
  const { client } = redis;
  const all: Record<string, string> = {};
  for (const key of await client.keys("*")) {
    const isLedger = key.endsWith(":sends");
    const records = isLedger ? Object.entries(await client.hgetall(key)).sort() : [];
    const texts = isLedger ? records.map((one) => one.join(" ")) : await client.lrange(key, 0, -1);
    all[key] = isLedger ? createHash("sha1").update(texts.join("\n")).digest("hex") : texts.join("\n");
  }
  return all;
}

function told(reply: ClaimReply): string {
  if (reply.status === "excluded") return reply.by;
  return reply.status === "claimed" ? `claimed ${reply.formId}` : reply.status;
}

/** Users of whom nothing is taken, and of whose ledgers nothing is written. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  "match",
  "held_out",
  "notIn",
  "capped",
  "expiringWithin",
  "minValid",
]);

it("withholds from whom a plain model does, in every run of a broadcast, and leaves them as they are", async () => {
  const met: Record<string, number> = {};
  const sizes = { cut: fc.nat(12), laterMs: fc.constantFrom(0, HOUR_MS, 5 * DAY_MS) };
  await fc.assert(
    fc.asyncProperty(users, plans, fc.record(sizes), async (some, plan, { cut, laterMs }) => {
      await redis.client.flushall();
      const nowMs = await redis.open.stores.pools.now();
      const startMs = nowMs - laterMs;
      await seed(some, startMs, nowMs);
      const choice = makeChoice(policyOf(plan, startMs), undefined);
      const ledger = (runId: string, dead: string[], dryRun = false): Ledger =>
        redis.open.stores.ledger({ broadcastId: "a", runId, dryRun, deadRuns: new Set(dead), choice });
      const openIds = some.map(({ openId }) => openId);
      const want = some.map((user) => expected(user, plan));
      const left = openIds.filter((_, i) => LEFT_OUT.has(want[i] ?? ""));
      const kept = left.flatMap((openId) => [`mina:openid:${openId}`, ledgerKey(openId)]);
      const before = await readAll();
      for (const word of want) met[word.split(" ")[0] ?? ""] = (met[word.split(" ")[0] ?? ""] ?? 0) + 1;

      const dry = async (dead: string[]) => (await ledger("dryrun", dead, true).claim(openIds)).map(told);
      expect(await dry(["r0"])).toEqual(want);
      expect(await readAll()).toEqual(before);
      // The first run is killed in the midst of the audience.
      const first = await ledger("r1", ["r0"]).claim(openIds.slice(0, cut));
      expect(first.map(told)).toEqual(want.slice(0, cut));
      // Others send to those whom it has chosen: that changes nothing for them.
      const chosen = first.flatMap((reply) => (reply.status === "claimed" ? [reply.openId] : []));
      for (const openId of chosen)
        await redis.client.hset(ledgerKey(openId), { b1: `sent x 1 ${nowMs} - - - 0 0` });
      // One joins, for which the first may still be alive.
      const joined = await ledger("r2", ["r0"]).claim(openIds);
      const busy = want.map((word, i) => (i < cut && word.startsWith("claimed") ? "busy" : word));
      expect(joined.map(told)).toEqual(busy);
      // A resume takes over from both.
      expect(await dry(["r0", "r1", "r2"])).toEqual(want);
      expect((await ledger("r3", ["r0", "r1", "r2"]).claim(openIds)).map(told)).toEqual(want);
      const after = await readAll();
      for (const key of kept) expect(after[key], key).toEqual(before[key]);
    }),
    { numRuns: 1200 },
  );
  for (const word of [...LEFT_OUT, "no_code", "claimed", "settled"])
    expect(met[word], word).toBeGreaterThan(20);
}, 300_000);

it("reads long ledgers in as many calls as it takes", async () => {
  const openIds = Array.from({ length: 30 }, (_, i) => `u${i}`);
  const nowMs = await redis.open.stores.pools.now();
  const empty = { entries: [{ codes: ["soon" as const], unlike: false }], own: "nothing" as const };
  const some = openIds.map((openId, i): User => {
    const others = i % 2 ? { b1: { state: "sent", ageMs: 0 } } : {};
    return { openId, ...empty, others, refusals: MAX_RECORDS - 1 };
  });
  await redis.client.flushall();
  await seed(some, nowMs, nowMs);
  const choice = makeChoice(policyOf({ caps: [{ count: 1, withinMs: HOUR_MS }] }, nowMs), undefined);
  const want = openIds.map((openId, i) => (i % 2 ? "capped" : `claimed ${openId}0`));
  for (const dryRun of [true, false]) {
    const ledger = redis.open.stores.ledger({ broadcastId: "a", runId: "r", dryRun, choice });
    expect((await ledger.claim(openIds)).map(told)).toEqual(want);
  }
});

it("caps messages that spend consents by the ledger of consents, and those of --no-pool by the same", async () => {
  await redis.client.flushall();
  const nowMs = await redis.open.stores.pools.now();
  const give = (openId: string, record: string, id = "b") =>
    redis.client.hset(`mina:consent:{${openId}}:sends`, id, record);
  const all = ["free", "had", "ago", "codes", "own"];
  for (const openId of all)
    await redis.client.rpush(`mina:consent:{${openId}}:T`, `{"consent":"c","at":${nowMs}}`);
  await give("had", `sent x 1 ${nowMs - HOUR_MS} - c - 1 0`);
  await give("ago", `sent x 1 ${nowMs - 2 * DAY_MS} - c - 1 0`);
  await give("own", `no_code r0 0 ${nowMs - HOUR_MS} - - - 0 0`, "a");
  await redis.client.hset(ledgerKey("codes"), "b", `sent x 1 ${nowMs} - f - 0 0`);
  const choice = makeChoice(policyOf({ caps: [{ count: 1, withinMs: DAY_MS }] }, nowMs), undefined);
  for (const templateId of ["T", undefined]) {
    const stores = redis.open.stores.sends({ keyPrefix: "mina:", templateId, maxAgeMs: undefined });
    for (const dryRun of [true, false]) {
      const ledger = stores.ledger({ broadcastId: `a${templateId}`, runId: "r", dryRun, choice });
      const words = (await ledger.claim(all)).map((reply) => told(reply).split(" ")[0]);
      expect(words).toEqual(["claimed", "capped", "claimed", "claimed", "claimed"]);
    }
    // For the second: no claim of the first is on its way.
    for (const openId of all) await redis.client.hdel(`mina:consent:{${openId}}:sends`, `a${templateId}`);
  }
});
