import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { plainEntry, startTestRedis, type TestRedis } from "../helpers/redis.ts";
import { type Relay, startRelay } from "../helpers/relay.ts";
import { type Books, LIFE_MS, openBooks } from "./books.ts";

/*
 * Pools that hold other forms are read, and then changed by comparison: here somebody else changes them in between, and leaves
 * them as long as they were.
 */

let redis: TestRedis;
let relay: Relay;
let books: Books;
/** What somebody else does before the first call that has read the pool. */
let meddle: (() => Promise<unknown>) | undefined;
beforeAll(async () => {
  redis = await startTestRedis();
  relay = await startRelay([redis.client], async (command, args) => {
    if (!meddle || !command.startsWith("EVAL") || !/^\d+ \d+ \d+ \S+\n/.test(args.at(-1) ?? ""))
      return undefined;
    const work = meddle;
    meddle = undefined;
    await work();
    return undefined;
  });
  books = await openBooks(relay.url);
});
afterAll(async () => {
  books.close();
  await relay.close();
  await redis.stop();
});
beforeEach(async () => {
  await redis.client.flushall();
});

it("never takes a code that somebody pushes meanwhile", async () => {
  const nowMs = await redis.open.stores.pools.now();
  await redis.push("u", "odd", "odd too");
  const entry = plainEntry("f1", nowMs + LIFE_MS);
  meddle = () => redis.client.multi().lpop("mina:openid:u").rpush("mina:openid:u", entry).exec();
  expect(await books.codes.take("u", [{ formId: "f1", ageMs: 0 }])).toEqual(["known"]);
  expect(meddle).toBeUndefined();
  expect(await redis.entries("u")).toEqual(["odd too", entry]);
});

it("never adds a standing consent to one that somebody pushes meanwhile", async () => {
  const standing = await openBooks(relay.url, { standing: new Set(["L"]) });
  const key = "mina:consent:{u}:L";
  await redis.client.rpush(key, "odd", "odd too");
  const entry = '{"consent":"theirs","at":1764000000000,"standing":true}';
  meddle = () => redis.client.multi().lpop(key).rpush(key, entry).exec();
  const grant = { openId: "u", source: "event", key: "k", when: { ageMs: 0 }, templateIds: ["L"] } as const;
  expect(await standing.consents.grant(grant)).toEqual(["known"]);
  expect(meddle).toBeUndefined();
  expect(await redis.client.lrange(key, 0, -1)).toEqual(["odd too", entry]);
  standing.close();
});
