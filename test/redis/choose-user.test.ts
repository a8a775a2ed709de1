import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { compileGlob } from "../../src/broadcast/glob.ts";
import { type Filter, makeChoice, type Policy } from "../../src/broadcast/policy.ts";
import type { ClaimReply, Ledger } from "../../src/broadcast/ports.ts";
import { plainEntry, startTestRedis, type TestRedis } from "../helpers/redis.ts";
import { dumpAll, FAR, PAST, pushMany } from "./seed.ts";

/* Whom a claim leaves out: against a model, and against others who take codes and claim at the same time. */

let redis: TestRedis;
beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  await redis.client.flushall();
});

const HOUR_MS = 3_600_000;

interface Options {
  id?: string;
  run?: string;
  dryRun?: boolean;
  excluded?: ReadonlySet<string>;
}

function ledger(policy: Policy, { id = "a", run = "r", dryRun = false, excluded }: Options = {}): Ledger {
  const choice = makeChoice(policy, excluded);
  return redis.open.stores.ledger({ broadcastId: id, runId: run, dryRun, choice });
}

type Code = "soon" | "late" | "expired";
/** `unlike`: in a form that the short way of the script does not read. */
type ModelEntry = { codes: Code[]; unlike: boolean } | "foreign";
interface User {
  openId: string;
  entries: ModelEntry[];
  records: Record<string, string>;
}

const OTHERS = ["b1", "b2", "b3"];
const STATES = ["sent", "unknown", "claimed", "rejected", "failed", "no_code"];

const entry: fc.Arbitrary<ModelEntry> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .constantFrom<Code>("soon", "late", "expired")
      .map((code) => ({ codes: [code], unlike: false })),
  },
  {
    weight: 2,
    arbitrary: fc
      .array(fc.constantFrom<Code>("soon", "late", "expired"), { minLength: 1, maxLength: 3 })
      .map((codes) => ({ codes, unlike: true })),
  },
  { weight: 1, arbitrary: fc.constant("foreign" as const) },
);

const users: fc.Arbitrary<User[]> = fc
  .uniqueArray(fc.stringMatching(/^[ab][abc]{0,2}$/), { minLength: 1, maxLength: 12 })
  .chain((names) =>
    fc.tuple(
      ...names.map((openId) =>
        fc.record({
          openId: fc.constant(openId),
          entries: fc.array(entry, { maxLength: 9 }),
          records: fc.dictionary(fc.constantFrom(...OTHERS), fc.constantFrom(...STATES), { maxKeys: 3 }),
        }),
      ),
    ),
  );

const policies: fc.Arbitrary<Policy> = fc.record(
  {
    match: fc.constantFrom("a*", "*b", "?a*", "[a-b]b*", "[^b]*", "nobody"),
    exclude: fc.constant(1),
    notIn: fc.subarray(OTHERS, { minLength: 1 }).map((ids) => ids.map((id) => ({ id, startedAtMs: 0 }))),
    expiringWithinMs: fc.constant(HOUR_MS),
    minValid: fc.integer({ min: 1, max: 5 }),
  },
  { requiredKeys: [] },
);

async function seed(some: readonly User[], nowMs: number): Promise<void> {
  for (const { openId, entries, records } of some) {
    let n = 0;
    const expiries = { soon: nowMs + HOUR_MS / 2, late: nowMs + 20 * HOUR_MS, expired: PAST };
    const write = (code: Code) => plainEntry(`${openId}${n++}`, expiries[code]);
    const texts = entries.map((one) => {
      if (one === "foreign") return "not ours";
      return one.unlike ? `[${one.codes.map(write).join(",")}]` : write(one.codes[0] ?? "expired");
    });
    if (texts.length > 0) await redis.push(openId, ...texts);
    const fields = Object.entries(records).flatMap(([id, state]) => [
      id,
      state === "claimed" ? `claimed x 1 ${nowMs} 0 1 ${FAR} f 0\n` : `${state} x 1 ${nowMs} - - - 0 0`,
    ]);
    if (fields.length > 0) await redis.client.hset(`{mina:openid:${openId}}:sends`, ...fields);
  }
}

/** What the claim of a user must come to, by the words of the manual alone. */
function expected({ openId, entries, records }: User, policy: Policy, excluded: ReadonlySet<string>): string {
  const has = (id: string) => ["sent", "unknown", "claimed"].includes(records[id] ?? "");
  const codes = entries.flatMap((one) => (one === "foreign" ? [] : one.codes));
  const valid = codes.filter((code) => code !== "expired");
  if (policy.match !== undefined && !MATCHES[policy.match]?.test(openId)) return "match";
  if (policy.exclude !== undefined && excluded.has(openId)) return "exclude";
  if (policy.notIn?.some(({ id }) => has(id))) return "notIn";
  if (valid.length === 0) return "no_code";
  if (policy.expiringWithinMs !== undefined && valid[0] === "late") return "expiringWithin";
  if (valid.length < (policy.minValid ?? 0)) return "minValid";
  return `claimed ${openId}${codes.findIndex((code) => code !== "expired")}`;
}

const MATCHES: Record<string, RegExp> = {
  "a*": /^a/,
  "*b": /b$/,
  "?a*": /^.a/,
  "[a-b]b*": /^[ab]b/,
  "[^b]*": /^[^b]/,
  nobody: /^nobody$/,
};

function told(reply: ClaimReply): string {
  if (reply.status === "excluded") return reply.by;
  return reply.status === "claimed" ? `claimed ${reply.formId}` : reply.status;
}

const FILTERED: ReadonlySet<string> = new Set<Filter>([
  "match",
  "exclude",
  "notIn",
  "expiringWithin",
  "minValid",
]);

it("chooses whom a plain model chooses, dry and in earnest, and leaves no trace of those left out", async () => {
  const met: Record<string, number> = {};
  await fc.assert(
    fc.asyncProperty(users, policies, fc.integer({ min: 0, max: 3 }), async (some, policy, modulo) => {
      await redis.client.flushall();
      await seed(some, await redis.open.stores.pools.now());
      const openIds = some.map(({ openId }) => openId);
      const listed = openIds.filter((_, i) => i % 4 === modulo);
      const excluded = new Set(policy.exclude === undefined ? [] : listed);
      const before = await dumpAll(redis);
      const want = some.map((user) => expected(user, policy, excluded));
      const dry = await ledger(policy, { dryRun: true, excluded }).claim(openIds);
      expect(dry.map(told)).toEqual(want);
      expect(await dumpAll(redis)).toEqual(before);
      const real = await ledger(policy, { excluded }).claim(openIds);
      expect(real).toEqual(dry.map(({ ...reply }) => ("left" in reply ? withoutLeft(reply) : reply)));
      const after = await dumpAll(redis);
      for (const [i, openId] of openIds.entries()) {
        const word = want[i]?.split(" ")[0] ?? "";
        met[word] = (met[word] ?? 0) + 1;
        if (!FILTERED.has(word)) continue;
        for (const key of [`mina:openid:${openId}`, `{mina:openid:${openId}}:sends`])
          expect(after[key], key).toEqual(before[key]);
      }
      // Who was chosen stays chosen, also by a run that takes over, and who was left out stays out.
      const dead = { deadRuns: new Set(["r"]), choice: makeChoice(policy, excluded) };
      const next = redis.open.stores.ledger({ broadcastId: "a", runId: "r2", ...dead });
      expect((await next.claim(openIds)).map(told)).toEqual(want);
    }),
    { numRuns: 300 },
  );
  for (const word of [...FILTERED, "no_code", "claimed"]) expect(met[word], word).toBeGreaterThan(20);
}, 120_000);

function withoutLeft({ left: _, ...reply }: ClaimReply & { left?: number }): ClaimReply {
  return reply as ClaimReply;
}

it("counts valid codes wherever they stand in a long pool, and claims when there are enough", async () => {
  const filler = (count: number) => Array.from({ length: count }, (_, i) => `not ours ${i}`);
  const old = Array.from({ length: 40 }, (_, i) => plainEntry(`x${i}`, PAST));
  const at = (name: string) => plainEntry(name, FAR);
  const pool = [...old, ...filler(200), at("a"), ...filler(700), at("b"), ...filler(2000), at("c")];
  for (const openId of ["two", "three", "four"]) await pushMany(redis, openId, pool);
  const before = await redis.entries("four");
  expect((await ledger({ minValid: 4 }).claim(["four"])).map(told)).toEqual(["minValid"]);
  expect(await redis.entries("four")).toEqual(before);
  for (const [openId, minValid] of [
    ["two", 2],
    ["three", 3],
  ] as const) {
    const dry = await ledger({ minValid }, { dryRun: true }).claim([openId]);
    expect(dry).toMatchObject([{ status: "claimed", formId: "a", left: 2 }]);
    expect((await ledger({ minValid }).claim([openId])).map(told)).toEqual(["claimed a"]);
    expect(await redis.entries(openId)).toEqual(pool.filter((text) => text !== at("a")));
  }
});

describe("decides in the step that claims", () => {
  const openIds = Array.from({ length: 300 }, (_, i) => `o${i}`);

  /** Every third pool holds what only the long way reads. */
  async function giveTwo(): Promise<void> {
    await Promise.all(
      openIds.map((openId, i) => {
        const [one, two] = [plainEntry(`${openId}a`, FAR), plainEntry(`${openId}b`, FAR)];
        return redis.push(openId, ...(i % 3 ? [one, two] : [`[${one},${two}]`]));
      }),
    );
  }

  async function claimAtOnce(one: Ledger, two: Ledger): Promise<{ both: number; neither: number }> {
    const claimed = [new Set<string>(), new Set<string>()];
    await Promise.all(
      [one, two].map(async (book, n) => {
        for (let at = 0; at < openIds.length; at += 7) {
          const some = openIds.slice(at, at + 7);
          const replies = await Promise.all(some.map(async (openId) => (await book.claim([openId]))[0]));
          for (const reply of replies) if (reply?.status === "claimed") claimed[n]?.add(reply.openId);
        }
      }),
    );
    const has = (n: number, openId: string) => claimed[n]?.has(openId) === true;
    return {
      both: openIds.filter((openId) => has(0, openId) && has(1, openId)).length,
      neither: openIds.filter((openId) => !has(0, openId) && !has(1, openId)).length,
    };
  }

  it.each([1, 2])(
    "two broadcasts that are --exclude-broadcast each other share no user (--min-valid %i)",
    async (minValid) => {
      await giveTwo();
      // Who has one code less by the other's claim is out by that, too: so they have more of them here.
      for (const openId of openIds) await redis.push(openId, plainEntry(`${openId}c`, FAR));
      const not = (id: string): Policy => ({ notIn: [{ id, startedAtMs: 0 }], minValid });
      expect(await claimAtOnce(ledger(not("b")), ledger(not("a"), { id: "b" }))).toEqual({
        both: 0,
        neither: 0,
      });
    },
  );

  it.each([1, 2])("two broadcasts with --cap 1/24h share no user (--min-valid %i)", async (minValid) => {
    await giveTwo();
    for (const openId of openIds) await redis.push(openId, plainEntry(`${openId}c`, FAR));
    const policy: Policy = { caps: [{ count: 1, withinMs: 24 * HOUR_MS, sinceMs: 0 }], minValid };
    expect(await claimAtOnce(ledger(policy), ledger(policy, { id: "b" }))).toEqual({ both: 0, neither: 0 });
  });

  it("two broadcasts with --min-valid 2 take one of two codes", async () => {
    await giveTwo();
    const two = ledger({ minValid: 2 }, { id: "b" });
    expect(await claimAtOnce(ledger({ minValid: 2 }), two)).toEqual({ both: 0, neither: 0 });
  });
});

it("chooses among consents as among codes, and leaves the question of one message at a time first", async () => {
  const nowMs = await redis.open.stores.pools.now();
  const give = (openId: string, ...entries: string[]) =>
    redis.client.rpush(`mina:consent:{${openId}}:T`, ...entries);
  const consent = (id: string, ageMs: number, more = "") =>
    `{"consent":"${id}","at":${nowMs - ageMs}${more}}`;
  await give("one", consent("a", 0));
  await give("two", consent("a", HOUR_MS * 20), consent("b", 0));
  await give("standing", consent("a", 0, ',"standing":true'));
  await give("reached", consent("a", HOUR_MS * 20), consent("b", 0));
  await redis.client.hset("mina:consent:{reached}:sends", "b", `sent x 1 ${nowMs} - c - 1 0`);
  await give("busy", consent("a", HOUR_MS * 20), consent("b", 0));
  await redis.client.hset("mina:consent:{busy}:sends", "c", `claimed x 1 ${nowMs} 1 1 0 c 0\n`);
  const all = ["one", "two", "standing", "reached", "busy"];
  const claim = async (id: string, policy: Policy, dryRun = false) => {
    const stores = redis.open.stores.sends({ keyPrefix: "mina:", templateId: "T", maxAgeMs: HOUR_MS * 24 });
    const book = stores.ledger({
      broadcastId: id,
      runId: "r",
      dryRun,
      choice: makeChoice(policy, undefined),
    });
    return (await book.claim(all)).map(told);
  };
  const notIn = [{ id: "b", startedAtMs: 0 }];
  expect(await claim("a", { notIn, minValid: 2, expiringWithinMs: 5 * HOUR_MS }, true)).toEqual([
    "expiringWithin",
    "claimed a",
    "expiringWithin",
    "notIn",
    "claimed a",
  ]);
  expect(await claim("d", { minValid: 2 }, true)).toEqual(["minValid", ...Array(4).fill("claimed a")]);
  expect(await claim("a", { notIn, minValid: 2 })).toEqual([
    "minValid",
    "claimed a",
    "claimed a",
    "notIn",
    "later",
  ]);
  // Without pools, the ledger alone is asked.
  const book = redis.open.stores
    .sends({ keyPrefix: "mina:" })
    .ledger({ broadcastId: "e", runId: "r", choice: makeChoice({ notIn, match: "*e*" }, undefined) });
  expect((await book.claim(["one", "reached", "busy", "else"])).map(told)).toEqual([
    "claimed -",
    "notIn",
    "match",
    "claimed -",
  ]);
});

it("matches globs as Redis does", async () => {
  const letters = fc.constantFrom(..."ab-]^[*?\\c".split(""));
  await fc.assert(
    fc.asyncProperty(
      fc.array(letters, { minLength: 1, maxLength: 7 }).map((some) => some.join("")),
      fc.uniqueArray(
        fc.array(letters, { minLength: 1, maxLength: 5 }).map((some) => some.join("")),
        { minLength: 1 },
      ),
      async (pattern, texts) => {
        await redis.client.flushall();
        await redis.client.mset(Object.fromEntries(texts.map((text) => [text, "1"])));
        const fits = compileGlob(pattern);
        expect(texts.filter(fits).sort()).toEqual((await redis.client.keys(pattern)).sort());
      },
    ),
    { numRuns: 500 },
  );
});
