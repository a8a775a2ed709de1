import { beforeAll, beforeEach, expect, it } from "vitest";
import { plainEntry } from "../helpers/redis.ts";
import { useTestRedis } from "../helpers/use-redis.ts";
import { LIFE_MS, useBooks } from "./books.ts";
import { watchScripts } from "./script-work.ts";

const redis = useTestRedis();
const books = useBooks(redis, { consentCap: 20 });
let nowMs: number;
beforeAll(async () => {
  // So that Redis knows the scripts.
  await books.codes.take("o", [{ formId: "f", ageMs: 0 }]);
  await grant("k");
  await books.consents.withdraw({ openId: "u", key: "w", templateIds });
});
beforeEach(async () => {
  nowMs = await redis.open.stores.pools.now();
});

/** What one call may do at most. */
const MOST = { commands: 600, entries: 4096 };

const templateIds = Array.from({ length: 20 }, (_, i) => `T${i}`);
const grant = (key: string) =>
  books.consents.grant({ openId: "u", source: "event", key, when: { ageMs: 0 }, templateIds });
const codes = (count: number, head = "f") =>
  Array.from({ length: count }, (_, i) => ({ formId: `${head}${i}`, ageMs: 0 }));

async function pushMany(key: string, entries: string[]): Promise<void> {
  for (let at = 0; at < entries.length; at += 5000)
    await redis.client.rpush(key, ...entries.slice(at, at + 5000));
}

it("takes a report into a plain pool by one call, and those that come in at once by few", async () => {
  await pushMany(
    "mina:openid:u",
    ["a", "b", "c"].map((id) => plainEntry(id, nowMs + LIFE_MS)),
  );
  const one = await watchScripts(redis, () => books.codes.take("u", codes(1)));
  expect(one.calls).toHaveLength(1);
  expect(one.calls[0]!.commands).toBeLessThanOrEqual(8);
  const users = Array.from({ length: 64 }, (_, i) => `o${i}`);
  const many = await watchScripts(redis, () =>
    Promise.all(users.map((openId) => books.codes.take(openId, codes(1)))),
  );
  expect(many.calls.length).toBeLessThanOrEqual(8);
});

it("takes a grant of many templates, and its withdrawal, by one call each", async () => {
  const granted = await watchScripts(redis, () => grant("k"));
  expect(granted.result).toEqual(templateIds.map(() => "taken"));
  expect(granted.calls).toHaveLength(1);
  const taken = await watchScripts(redis, () =>
    books.consents.withdraw({ openId: "u", key: "w", templateIds }),
  );
  expect(taken.result).toEqual(templateIds.map(() => 1));
  expect(taken.calls).toHaveLength(1);
});

it("looks at long pools in small steps", async () => {
  const many = Array.from({ length: 20_000 }, (_, i) => plainEntry(`p${i}`, nowMs - 1));
  await pushMany("mina:openid:u", many);
  const plain = await watchScripts(redis, () => books.codes.take("u", codes(2)));
  expect(plain.result).toEqual(["taken", "taken"]);
  const consents = Array.from({ length: 20_000 }, (_, i) => `{"consent":"c${i}","at":1764000000000}`);
  await pushMany("mina:consent:{u}:T3", consents);
  const granted = await watchScripts(redis, () => grant("k"));
  expect(granted.result.filter((fate) => fate === "over_cap")).toHaveLength(1);
  const taken = await watchScripts(redis, () =>
    books.consents.withdraw({ openId: "u", key: "w", templateIds: ["T3"] }),
  );
  expect(taken.result).toEqual([20_000]);
  for (const { calls } of [plain, granted, taken])
    expect(
      calls.filter(({ commands, entries }) => commands > MOST.commands || entries > MOST.entries),
    ).toEqual([]);
}, 60_000);

it("comes down to a cap that was lowered in bounded steps, whatever else the pool holds", async () => {
  for (const other of [[], ["odd"]]) {
    await redis.client.flushall();
    const many = Array.from({ length: 1000 }, (_, i) => plainEntry(`p${i}`, nowMs + 1000 * (100 + i)));
    await pushMany("mina:openid:u", [...other, ...many]);
    const sizes: number[] = [];
    for (const head of ["a", "b", "c", "d", "e"]) {
      expect(await books.codes.take("u", codes(1, head))).toEqual(["taken"]);
      sizes.push((await redis.client.llen("mina:openid:u")) - other.length);
    }
    expect(sizes).toEqual([745, 490, 235, 100, 100]);
    const left = (await redis.entries("u"))
      .slice(-5)
      .map((raw) => (JSON.parse(raw) as { formId: string }).formId);
    expect(left).toEqual(["a0", "b0", "c0", "d0", "e0"]);
  }
}, 60_000);
