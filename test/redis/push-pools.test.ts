import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PushReply, PushRequest } from "../../src/pool/ports.ts";
import { readEntry } from "../../src/pool/read-entry.ts";
import { plainEntry } from "../helpers/redis.ts";
import { useTestRedis } from "../helpers/use-redis.ts";
import { javaEntry } from "../pool/java/forms.ts";

/** As far away as an expiry can be for an entry to be taken for a plain one at first sight. */
const EXPIRE = 1_999_999_999_999;

const redis = useTestRedis();

/** A code as nearly all are. */
function plain(name: string): PushRequest {
  const formId = name.padEnd(32, "-");
  return { formId, entry: plainEntry(formId, EXPIRE) };
}

const push = (openId: string, codes: PushRequest[]) => pushAll([{ openId, codes }]);
const pushAll = (users: { openId: string; codes: PushRequest[] }[]) => redis.open.stores.pools.push(users);
const entriesOf = (codes: PushRequest[]) => codes.map(({ entry }) => entry);
const reply = (more: Partial<PushReply>): PushReply => ({
  pushed: 0,
  known: 0,
  used: 0,
  notAList: false,
  ...more,
});
const ledgerKey = (openId: string) => `{mina:openid:${openId}}:sends`;
/** A final record as a broadcast leaves it. */
const sent = ({ formId }: PushRequest) => `sent r 1 1795946400000 0 ${formId} 123 0 ${EXPIRE}`;

async function countCommands(): Promise<Record<string, number>> {
  const stats = await redis.client.info("commandstats");
  return Object.fromEntries(
    [...stats.matchAll(/^cmdstat_(\w+):calls=(\d+)/gm)].map((hit) => [hit[1], +hit[2]!]),
  );
}

describe("plain codes", () => {
  it("take two commands for a user who has nothing yet, however many they are, and none that reads", async () => {
    const users = Array.from({ length: 40 }, (_, i) => ({
      openId: `o${i}`,
      codes: Array.from({ length: 5 }, (_, n) => plain(`${i}_${n}`)),
    }));
    await redis.client.config("RESETSTAT");
    expect(await pushAll(users)).toEqual(users.map(() => reply({ pushed: 5 })));
    const counted = await countCommands();
    expect([counted.exists, counted.rpush]).toEqual([40, 40]);
    const readers = ["lrange", "type", "hvals"].filter((name) => name in counted);
    expect(readers).toEqual([]);
    for (const { openId, codes } of users) expect(await redis.entries(openId)).toEqual(entriesOf(codes));
  });

  it("are pushed in their order, be they more than one command takes", async () => {
    const codes = Array.from({ length: 10_000 }, (_, i) => plain(`f${i}`));
    expect(await push("u", codes)).toEqual([reply({ pushed: 10_000 })]);
    expect(await redis.entries("u")).toEqual(entriesOf(codes));
  });

  it("are left out where the pool has them, in whatever form, and pushed where it has not", async () => {
    const [a, b, c, d] = ["a", "b", "c", "d"].map(plain) as [
      PushRequest,
      PushRequest,
      PushRequest,
      PushRequest,
    ];
    const there = [a.entry, `[${JSON.stringify({ formId: c.formId, expire: EXPIRE })}]`, "not a code"];
    await redis.push("u", ...there);
    expect(await push("u", [a, b, c, d])).toEqual([reply({ pushed: 2, known: 2 })]);
    expect(await redis.entries("u")).toEqual([...there, b.entry, d.entry]);
  });

  it("are left out when the ledger has them as used, though there is no pool any more", async () => {
    const [a, b] = [plain("a"), plain("b")];
    await redis.client.hset(ledgerKey("u"), "b1", sent(a));
    expect(await push("u", [a, b])).toEqual([reply({ pushed: 1, used: 1 })]);
    expect(await redis.entries("u")).toEqual([b.entry]);
  });

  it("leave a key of another type alone, and say so", async () => {
    await redis.client.set("mina:openid:uText", "text");
    const codes = [plain("a")];
    const users = ["u1", "uText", "u2"].map((openId) => ({ openId, codes }));
    expect(await pushAll(users)).toEqual([
      reply({ pushed: 1 }),
      reply({ notAList: true }),
      reply({ pushed: 1 }),
    ]);
    expect(await redis.client.get("mina:openid:uText")).toBe("text");
    expect(await redis.entries("u2")).toEqual(entriesOf(codes));
  });

  it("that come twice in one call are pushed once", async () => {
    const [a, b] = [plain("a"), plain("b")];
    const later = { formId: a.formId, entry: plainEntry(a.formId, EXPIRE - 1) };
    expect(await push("u", [a, b, a, later])).toEqual([reply({ pushed: 2, known: 2 })]);
    expect(await redis.entries("u")).toEqual([a.entry, b.entry]);
  });

  it("that two imports bring at the same time are pushed once", async () => {
    const codes = Array.from({ length: 50 }, (_, i) => plain(`f${i}`));
    const calls = Array.from({ length: 6 }, (_, i) => push("u", codes.slice(i, i + 40)));
    const replies = (await Promise.all(calls)).flat();
    expect(replies.reduce((sum, { pushed }) => sum + pushed, 0)).toBe(45);
    const entries = await redis.entries("u");
    expect(entries.sort()).toEqual(entriesOf(codes.slice(0, 45)).sort());
  });
});

describe("other entries", () => {
  const raw = (entry: string): PushRequest => ({ formId: "", entry });
  const prepay = { formId: "wx20261123120000x1", entry: plainEntry("wx20261123120000x1", EXPIRE) };

  it.each([
    [
      "of several uses",
      { formId: "x".repeat(20), entry: `{"formId":"${"x".repeat(20)}","expire":${EXPIRE},"uses":3}` },
    ],
    ["of a payment", prepay],
    ["with a line feed", raw('{"formId":\n"a"}')],
    ["that are nothing but a line feed", raw("\n")],
    ["that are empty", raw("")],
    ["that Java serialized", raw(javaEntry("a boxed long"))],
    ["with bytes that are no text", raw("\xff\xfe\x00")],
  ])("%s go in byte for byte beside plain ones, once", async (_, odd) => {
    const codes = [plain("a"), odd, plain("b")];
    expect(await push("u", codes)).toEqual([reply({ pushed: 3 })]);
    expect(await redis.entries("u")).toEqual(entriesOf(codes));
    expect(await push("u", codes)).toEqual([reply({ known: 3 })]);
  });

  it("a payment's code of which the ledger knows one message may have more", async () => {
    await redis.client.hset(
      ledgerKey("u"),
      "b1",
      `sent r 1 1795946400000 0 ${prepay.formId} 123 0 ${EXPIRE}`,
    );
    expect(await push("u", [prepay])).toEqual([reply({ pushed: 1 })]);
  });
});

/** What a pool is to hold after a push, by the readers of entries alone. */
function pushByHand(pool: string[], codes: PushRequest[], used: Set<string>): [entries: string[], PushReply] {
  const bytes = new Set(pool);
  const formIds = new Set<string>();
  for (const entry of pool) {
    const read = readEntry(entry);
    if (read.readable) for (const { formId } of read.codes) formIds.add(formId);
  }
  const result = reply({});
  const entries = [...pool];
  for (const { formId, entry } of codes) {
    if (bytes.has(entry) || formIds.has(formId)) result.known++;
    else if (used.has(formId)) result.used++;
    else {
      result.pushed++;
      entries.push(entry);
    }
    bytes.add(entry);
    formIds.add(formId);
  }
  return [entries, result];
}

it("pushes what is neither there nor used, of many users in one call", async () => {
  // Few names, so that they meet; the short ones go another way than the long.
  const code = fc.record({ name: fc.constantFrom("a", "b", "c", "d", "e", "f"), isShort: fc.boolean() });
  const codes = fc.array(
    code.map(({ name, isShort }) =>
      isShort ? { formId: name, entry: plainEntry(name, EXPIRE) } : plain(name),
    ),
    { minLength: 1, maxLength: 6 },
  );
  const there = fc.oneof(codes.map(entriesOf), fc.constantFrom<string[]>(["garbage"], ["\n"], []));
  const user = fc.record({
    codes,
    there: fc.oneof(fc.constant<string[]>([]), there),
    used: fc.oneof(fc.constant<PushRequest[]>([]), codes),
  });
  const check = async (users: { codes: PushRequest[]; there: string[]; used: PushRequest[] }[]) => {
    await redis.client.flushall();
    for (const [i, { there, used }] of users.entries()) {
      if (there.length > 0) await redis.push(`o${i}`, ...there);
      for (const [n, one] of used.entries()) await redis.client.hset(ledgerKey(`o${i}`), `b${n}`, sent(one));
    }
    const replies = await pushAll(users.map(({ codes }, i) => ({ openId: `o${i}`, codes })));
    for (const [i, { codes, there, used }] of users.entries()) {
      const usedIds = new Set(used.map(({ formId }) => formId));
      const [entries, expected] = pushByHand(there, codes, usedIds);
      expect([await redis.entries(`o${i}`), replies[i]]).toEqual([entries, expected]);
    }
  };
  await fc.assert(fc.asyncProperty(fc.array(user, { minLength: 1, maxLength: 6 }), check), { numRuns: 150 });
});
