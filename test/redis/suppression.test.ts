import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { makeChoice, type Policy } from "../../src/broadcast/policy.ts";
import type { ClaimReply, Sighting } from "../../src/broadcast/ports.ts";
import { SCRIPTS } from "../../src/redis/scripts.ts";
import { plainEntry } from "../helpers/redis.ts";
import { useTestRedis } from "../helpers/use-redis.ts";
import { dumpAll, PAST } from "./seed.ts";

/* What a claim makes of users who are on the suppression list: against a model, and against the claims of the same users
 * without a list. */

const redis = useTestRedis();
const KEY = "mina:suppressed";
const DAY_MS = 86_400_000;
/** An expiry that the short way of claim-codes.lua takes: such claims must not be made either. */
const SOON = Date.now() + DAY_MS;

type Entry = "valid" | "expired" | "several" | "foreign";
type RecordKind =
  | "none"
  | "mine"
  | "dead"
  | "live"
  | "sent"
  | "unknown"
  | "failed"
  | "no_code"
  | "no_code own";
type Listed = "no" | "forever" | "future" | "past" | "garbage" | "odd end";
interface User {
  openId: string;
  entries: Entry[];
  record: RecordKind;
  listed: Listed;
}

const users: fc.Arbitrary<User[]> = fc
  .uniqueArray(fc.stringMatching(/^[ab][abc]{0,3}$/), { minLength: 1, maxLength: 25 })
  .chain((names) =>
    fc.tuple(
      ...names.map((openId) =>
        fc.record({
          openId: fc.constant(openId),
          entries: fc.array(fc.constantFrom<Entry>("valid", "expired", "several", "foreign"), {
            maxLength: 4,
          }),
          record: fc.constantFrom<RecordKind>(
            ...(["none", "none", "none", "mine", "dead", "live", "sent", "unknown", "failed"] as const),
            ...(["no_code", "no_code own"] as const),
          ),
          listed: fc.constantFrom<Listed>("no", "no", "forever", "future", "past", "garbage", "odd end"),
        }),
      ),
    ),
  );

const policies: fc.Arbitrary<Policy | undefined> = fc.constantFrom<(Policy | undefined)[]>(
  undefined,
  { match: "a*" },
  { match: "*b*", holdout: { share: 0.5, seed: "s" } },
  { exclude: 1, minValid: 2 },
);

async function seed(some: readonly User[]): Promise<void> {
  const { client } = redis;
  const batch = client.pipeline();
  for (const { openId, entries, record } of some) {
    const texts = entries.map((kind, n) => {
      const entry = (name: string, expire = SOON) => plainEntry(`${openId}${n}${name}`, expire);
      if (kind === "several") return `[${entry("x")},${entry("y")}]`;
      return kind === "foreign" ? "not ours" : entry("", kind === "expired" ? PAST : SOON);
    });
    if (texts.length > 0) batch.rpush(`mina:openid:${openId}`, ...texts);
    if (record !== "none") batch.hset(`{mina:openid:${openId}}:sends`, "b", RECORDS[record]);
  }
  await batch.exec();
}

const claimedBy = (run: string) => `claimed ${run} 1 ${PAST} 0 1 ${SOON} taken 5\ntaken`;
const RECORDS: Record<Exclude<RecordKind, "none">, string> = {
  mine: claimedBy("r"),
  dead: claimedBy("dead"),
  live: claimedBy("live"),
  sent: `sent x 1 ${PAST} 0 f 1 0 ${SOON}`,
  unknown: `unknown x 1 ${PAST} - f - 0 ${SOON}`,
  failed: `failed x 1 ${PAST} 47001 f - 0 ${SOON}`,
  no_code: `no_code x 0 ${PAST} - - - 0 0`,
  "no_code own": `no_code r 0 ${PAST} - - - 0 0`,
};

async function suppress(some: readonly User[], nowMs: number): Promise<void> {
  const values: Record<Exclude<Listed, "no">, string> = {
    forever: '{"reason":"r","atMs":1,"by":"x@y"}',
    future: JSON.stringify({ untilMs: nowMs + DAY_MS }),
    past: JSON.stringify({ untilMs: nowMs - 1 }),
    garbage: "\u0000 not JSON",
    "odd end": '{"untilMs":"2020-01-01"}',
  };
  for (const { openId, listed } of some)
    if (listed !== "no") await redis.client.hset(KEY, openId, values[listed]);
}

/** What becomes of a suppressed user, by the words of the manual alone. */
function expected({ entries, record }: User, sighting: Sighting): object {
  const hasPool = entries.length > 0;
  const isElsewhere = {
    any: false,
    // Found by their pools.
    ledger: record === "none" || (record.startsWith("no_code") && hasPool),
    // Found by their ledgers, unless it is this run that has written the record.
    pool:
      record !== "none" &&
      record !== "mine" &&
      !(record.startsWith("no_code") && hasPool) &&
      record !== "no_code own",
  }[sighting];
  if (isElsewhere) return { status: "elsewhere" };
  switch (record) {
    case "none":
      return { status: "excluded", by: "suppressed" };
    case "mine":
      return { status: "mine", suppressed: true };
    case "dead":
      return { status: "claimed", suppressed: true, attempt: 2, formId: "taken" };
    case "live":
      return { status: "busy", run: "live", suppressed: true };
    case "no_code":
    case "no_code own":
      return { status: "no_code", expired: 0 };
    default:
      return { status: "settled", outcome: record, own: false, suppressed: true };
  }
}

/** Without what depends on the time of the claim. */
function timeless(reply: ClaimReply | undefined): unknown {
  if (!reply || !("firstAgoMs" in reply)) return reply;
  const { firstAgoMs: _, ...rest } = reply;
  return rest;
}

const keysOf = (openId: string) => [`mina:openid:${openId}`, `{mina:openid:${openId}}:sends`];

it("leaves suppressed users alone, and does with all others what it does without a list", async () => {
  const met: Record<string, number> = {};
  await fc.assert(
    fc.asyncProperty(
      users,
      policies,
      fc.constantFrom<Sighting>("any", "pool", "ledger"),
      fc.boolean(),
      async (some, policy, sighting, dryRun) => {
        const openIds = some.map(({ openId }) => openId);
        const choice = policy && makeChoice(policy, new Set(openIds.slice(0, 1)));
        const deadRuns = new Set(["dead"]);
        const retry: ("unknown" | "failed")[] = ["unknown", "failed"];
        const claim = () =>
          redis.open.stores
            .ledger({ broadcastId: "b", runId: "r", dryRun, choice, deadRuns, retry })
            .claim(openIds, sighting);
        await redis.client.flushall();
        await seed(some);
        const before = await dumpAll(redis);
        const without = await claim();
        const afterWithout = await redis.pools();
        await redis.client.flushall();
        await seed(some);
        await suppress(some, await redis.open.stores.pools.now());
        const replies = await claim();
        const after = await dumpAll(redis);
        const pools = await redis.pools();
        for (const [i, user] of some.entries()) {
          const { openId, listed } = user;
          const by = choice?.leavesOut(openId);
          const isFiltered = by !== undefined && by !== "held_out";
          const isListed = listed !== "no" && listed !== "past" && !isFiltered;
          const pool = `mina:openid:${openId}`;
          if (!isListed) {
            expect(timeless(replies[i]), openId).toEqual(timeless(without[i]));
            expect(pools[pool], openId).toEqual(afterWithout[pool]);
            continue;
          }
          expect(replies[i], openId).toMatchObject({ openId, ...expected(user, sighting) });
          expect(after[pool], openId).toEqual(before[pool]);
          const takesOver = replies[i]?.status === "claimed" && !dryRun;
          if (!takesOver) for (const key of keysOf(openId)) expect(after[key], key).toEqual(before[key]);
          const kind = replies[i]?.status ?? "";
          met[kind] = (met[kind] ?? 0) + 1;
        }
      },
    ),
    { numRuns: 400 },
  );
  for (const kind of ["excluded", "mine", "claimed", "busy", "no_code", "settled", "elsewhere"])
    expect(met[kind], kind).toBeGreaterThan(10);
}, 120_000);

it("takes the words suppressed, then held_out: whoever is both is suppressed", async () => {
  await redis.client.hset(KEY, "a", "{}", "b", "{}");
  const choice = makeChoice({ match: "a*", holdout: { share: 1, seed: "s" } }, undefined);
  const ledger = redis.open.stores.ledger({ broadcastId: "b", runId: "r", choice });
  expect(await ledger.claim(["a", "b", "a1"])).toEqual([
    { status: "excluded", openId: "a", by: "suppressed" },
    { status: "excluded", openId: "b", by: "match" },
    { status: "excluded", openId: "a1", by: "held_out" },
  ]);
});

it("answers a user who is in a list twice twice", async () => {
  await redis.push("u", plainEntry("f", SOON));
  await redis.client.hset(KEY, "s", "{}");
  const ledger = redis.open.stores.ledger({ broadcastId: "b", runId: "r" });
  expect(
    (await ledger.claim(["s", "u", "s", "u"])).map(({ openId, status }) => `${openId} ${status}`),
  ).toEqual(["s excluded", "u claimed", "s excluded", "u mine"]);
});

it("counts the claim of a dead run as spent, with the attempt that there may have been", async () => {
  await redis.push("u", plainEntry("f", SOON));
  const { ledger } = redis.open.stores;
  await ledger({ broadcastId: "b", runId: "dead" }).claim(["u"]);
  await redis.client.hset(KEY, "u", "{}");
  const next = ledger({ broadcastId: "b", runId: "r", deadRuns: new Set(["dead"]) });
  expect(await next.claim(["u"])).toMatchObject([{ status: "claimed", suppressed: true, attempt: 2 }]);
  expect(await next.settle([{ openId: "u", outcome: "unknown", attempts: 1 }])).toEqual([true]);
  expect(await redis.client.hget("{mina:openid:u}:sends", "b")).toMatch(/^unknown r 1 \d+ - f /);
});

describe("a claim costs", () => {
  async function calls(): Promise<Record<string, number>> {
    const stats = await redis.client.info("commandstats");
    const found = [...stats.matchAll(/^cmdstat_(\w+):calls=(\d+)/gm)].map(([, name = "", n]) => [
      name,
      Number(n),
    ]);
    return Object.fromEntries(found);
  }

  it("one HMGET a batch, or one for 500 users", async () => {
    const openIds = Array.from({ length: 1201 }, (_, i) => `u${i}`);
    const ledger = redis.open.stores.ledger({ broadcastId: "b", runId: "r", dryRun: true });
    await redis.client.config("RESETSTAT");
    await ledger.claim(openIds.slice(0, 128));
    expect(await calls()).toMatchObject({ hmget: 1 });
    await ledger.claim(openIds);
    expect((await calls()).hmget).toBe(4);
  });
});

it("claims nothing when the list can't be read", async () => {
  await redis.push("u", plainEntry("f", SOON));
  await redis.client.set(KEY, "no hash");
  const before = await dumpAll(redis);
  const claim = redis.open.stores.ledger({ broadcastId: "b", runId: "r" }).claim(["u"]);
  await expect(claim).rejects.toMatchObject({
    kind: "redis",
    message: expect.stringContaining("the key 'mina:suppressed' at"),
    hint: "check --key-prefix",
  });
  expect(await dumpAll(redis)).toEqual(before);
});

describe("the list", () => {
  const list = () => redis.open.stores.suppression;
  const all = async (match?: string) => {
    const found: string[] = [];
    for await (const page of list().sweep(match)) found.push(...page.map(({ openId }) => openId));
    return [...new Set(found)].sort();
  };

  it("of many users is written, read, swept and emptied in pieces", async () => {
    const users = Array.from({ length: 1234 }, (_, i) => ({
      openId: `u${i}`,
      reason: "a",
      atMs: 5,
      by: "x@y",
    }));
    await list().write(users);
    expect(await redis.client.hlen(KEY)).toBe(1234);
    expect(await redis.client.hget(KEY, "u7")).toBe('{"reason":"a","atMs":5,"by":"x@y"}');
    const openIds = users.map(({ openId }) => openId);
    expect(await all()).toEqual([...openIds].sort());
    expect(await all("u12[3-4]")).toEqual(["u123", "u124"]);
    expect((await list().read(["u3", "nobody"]))[0]).toEqual({ ...users[3], isOver: false });
    expect(await list().remove([...openIds.slice(1), "nobody"])).toBe(1233);
    expect(await all()).toEqual(["u0"]);
  });

  it("loses entries that have ended, and none that was renewed since it was read", async () => {
    const nowMs = await list().now();
    await list().write([
      { openId: "over", untilMs: nowMs - 1 },
      { openId: "stays", untilMs: nowMs + DAY_MS },
      { openId: "forever" },
    ]);
    expect(await list().removeEnded()).toBe(1);
    expect(await all()).toEqual(["forever", "stays"]);
    const read = '{"untilMs":1}';
    await redis.client.hset(KEY, "renewed", "{}", "over", read);
    const fields = ["renewed", read, "over", read, "gone", read];
    expect(await redis.client.eval(SCRIPTS.dropFields.source, 1, KEY, ...fields)).toBe(1);
    expect(await all()).toEqual(["forever", "renewed", "stays"]);
  });
});

describe("a page that is claimed in parts", () => {
  const PAGE = Array.from({ length: 40 }, (_, i) => `u${i}`);
  const ledgerOf = () => redis.open.stores.ledger({ broadcastId: "b", runId: "r" });
  const asked = async () =>
    Number(/cmdstat_hmget:calls=(\d+)/.exec(await redis.client.info("commandstats"))?.[1] ?? 0);

  it("is asked about as a whole, not part by part", async () => {
    await redis.client.hset(KEY, "u39", "{}");
    const before = await asked();
    const ledger = ledgerOf();
    const replies = await Promise.all(PAGE.map((openId) => ledger.claim([openId], "any", PAGE)));
    expect(replies.flat().map((reply) => reply.status)).toEqual([...Array(39).fill("no_code"), "excluded"]);
    expect((await asked()) - before).toBeLessThan(PAGE.length / 2);
  });

  it("is asked about again after a moment: who was added meanwhile is left out", async () => {
    const ledger = ledgerOf();
    expect(await ledger.claim(["u0"], "any", PAGE)).toMatchObject([{ status: "no_code" }]);
    await redis.client.hset(KEY, "u1", "{}");
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await ledger.claim(["u1"], "any", PAGE)).toMatchObject([{ status: "excluded", by: "suppressed" }]);
  });
});
