import fc from "fast-check";
import { expect, it } from "vitest";
import type { EntryLine } from "../../src/pool/export.ts";
import { planRemoval, removePools } from "../../src/pool/remove.ts";
import { plainEntry } from "../helpers/redis.ts";
import { useTestRedis } from "../helpers/use-redis.ts";
import { FAR, PAST, pushMany } from "../redis/seed.ts";
import { JAVA_ENTRY } from "./forms.ts";

const redis = useTestRedis();

const never = new AbortController().signal;
const bytesOf = (line: EntryLine) =>
  "raw" in line
    ? Buffer.from(line.raw).toString("latin1")
    : Buffer.from(line.rawBase64, "base64").toString("latin1");

/** What happens to a pool between the moment at which a piece of it is saved and its removal. */
type Move = "push" | "claim" | "release" | "push twin" | "nothing";

const entryKinds = fc.constantFrom("plain", "plain", "plain", "list", "junk", "java", "expired", "twin");
const moves = fc.constantFrom<Move>("push", "claim", "release", "push twin", "nothing");
const game = fc.record({
  entries: fc.array(entryKinds, { minLength: 1, maxLength: 30 }),
  moves: fc.array(moves, { maxLength: 12 }),
});

function makeEntry(kind: string, i: number): string {
  if (kind === "list") return `[${plainEntry(`l${i}`, FAR)},${plainEntry(`m${i}`, FAR)}]`;
  if (kind === "junk") return `junk ${i}`;
  if (kind === "java") return `${JAVA_ENTRY}${i}`;
  if (kind === "expired") return plainEntry(`x${i}`, PAST);
  return plainEntry(kind === "twin" ? "twin" : `f${i}`, FAR);
}

it("removes just what was saved, whoever pushes and claims in between, and keeps the order of the rest", async () => {
  const play = async ({ entries: kinds, moves }: { entries: string[]; moves: Move[] }) => {
    await redis.client.flushall();
    const entries = kinds.map(makeEntry);
    await redis.push("u", ...entries);
    const pool = "mina:openid:u";
    const claimed: string[] = [];
    const pushed: string[] = [];
    const saved: string[] = [];
    const move: Record<Move, () => Promise<void>> = {
      push: async () => {
        pushed.push(plainEntry(`new${pushed.length}`, FAR));
        await redis.push("u", pushed.at(-1)!);
      },
      "push twin": async () => {
        pushed.push(plainEntry("twin", FAR));
        await redis.push("u", pushed.at(-1)!);
      },
      claim: async () => {
        const taken = await redis.client.lpopBuffer(pool);
        if (taken) claimed.push(taken.toString("latin1"));
      },
      release: async () => {
        const back = claimed.pop();
        if (back !== undefined) await redis.client.lpush(pool, Buffer.from(back, "latin1"));
      },
      nothing: async () => undefined,
    };
    const store = redis.open.stores.pools;
    const totals = await removePools(store, await planRemoval(store, ["u"]), {
      keepUnreadable: false,
      signal: never,
      save: async (lines) => {
        saved.push(...lines.map(bytesOf));
        for (const one of moves) await move[one]();
      },
    });
    expect(saved).toEqual(entries);
    expect(totals.entriesRemoved + totals.entriesGone).toBe(entries.length);
    // What is left is what came meanwhile, in its order; a twin stands for a saved one.
    const left = await redis.entries("u");
    const all = [...left, ...claimed, ...saved];
    for (const entry of [...entries, ...pushed]) expect(all).toContain(entry);
    const isNew = (entry: string) => entry.includes("new");
    expect(left.filter(isNew)).toEqual(pushed.filter(isNew).filter((entry) => !claimed.includes(entry)));
    expect(left.length + claimed.length + totals.entriesRemoved).toBe(entries.length + pushed.length);
    expect(totals.complete).toBe(true);
  };
  await fc.assert(fc.asyncProperty(game, play), { numRuns: 150 });
});

it("races with backends that push all the time: every entry is removed and saved, or still there", async () => {
  const openIds = Array.from({ length: 60 }, (_, i) => `o${i}`);
  const before = new Set<string>();
  for (const openId of openIds) {
    const entries = Array.from({ length: 30 }, (_, i) => plainEntry(`${openId}-${i}`, FAR));
    for (const entry of entries) before.add(entry);
    await redis.push(openId, ...entries);
  }
  let racing = true;
  const pushed: string[] = [];
  const pusher = (async () => {
    while (racing) {
      const openId = openIds[pushed.length % openIds.length]!;
      pushed.push(plainEntry(`new-${pushed.length}`, FAR));
      await redis.push(openId, pushed.at(-1)!);
    }
  })();
  const store = redis.open.stores.pools;
  const plan = await planRemoval(store, openIds);
  const saved: string[] = [];
  const totals = await removePools(store, plan, {
    keepUnreadable: true,
    signal: never,
    save: async (lines) => {
      saved.push(...lines.map(bytesOf));
    },
  });
  racing = false;
  await pusher;
  const left = Object.values(await redis.pools()).flat();
  expect(totals).toMatchObject({ entriesGone: 0, entriesKept: 0, entriesRemoved: saved.length });
  expect(new Set([...saved, ...left])).toEqual(new Set([...before, ...pushed]));
  expect(saved.filter((entry) => left.includes(entry))).toEqual([]);
});

it("removes nothing when saving fails", async () => {
  await redis.push("a", plainEntry("x", FAR));
  const store = redis.open.stores.pools;
  const save = () => Promise.reject(new Error("disk full"));
  const removal = removePools(store, await planRemoval(store, ["a"]), {
    keepUnreadable: false,
    signal: never,
    save,
  });
  await expect(removal).rejects.toThrow("disk full");
  expect(await redis.entries("a")).toEqual([plainEntry("x", FAR)]);
});

it("stops between two steps, and leaves the rest as it was", async () => {
  const entries = Array.from({ length: 1000 }, (_, i) => plainEntry(`f${i}`, FAR));
  await redis.push("a", ...entries);
  const store = redis.open.stores.pools;
  const stop = new AbortController();
  const totals = await removePools(store, await planRemoval(store, ["a"]), {
    keepUnreadable: false,
    signal: stop.signal,
    onStep: ({ entriesRemoved }) => {
      if (entriesRemoved >= 400) stop.abort();
    },
  });
  expect(totals).toMatchObject({ complete: false, poolsRemoved: 0, entriesRemoved: 400 });
  expect(await redis.entries("a")).toEqual(entries.slice(400));
});

it("leaves an entry that is too long to be saved", async () => {
  const long = "x".repeat(500_001);
  await redis.push("a", plainEntry("f", FAR), long, plainEntry("g", FAR));
  const store = redis.open.stores.pools;
  const saved: EntryLine[] = [];
  const totals = await removePools(store, await planRemoval(store, ["a"]), {
    keepUnreadable: false,
    signal: never,
    save: async (lines) => {
      saved.push(...lines);
    },
  });
  expect(totals).toMatchObject({ entriesRemoved: 2, entriesKept: 1, poolsRemoved: 0 });
  expect(saved.map(bytesOf)).toEqual([plainEntry("f", FAR), plainEntry("g", FAR)]);
  expect(await redis.entries("a")).toEqual([long]);
});

it("takes a pool of 100,000 entries in steps that Redis does not notice", async () => {
  const entries = Array.from({ length: 100_000 }, (_, i) =>
    i % 1000 === 5 ? `junk ${i}` : plainEntry(`f${i}`, FAR),
  );
  await pushMany(redis, "long", entries);
  await redis.client.config("RESETSTAT");
  const store = redis.open.stores.pools;
  const totals = await removePools(store, await planRemoval(store, ["long"]), {
    keepUnreadable: true,
    signal: never,
  });
  expect(totals).toMatchObject({ entriesRemoved: 99_900, entriesKept: 100, entriesGone: 0, poolsRemoved: 0 });
  expect(await redis.entries("long")).toEqual(entries.filter((entry) => entry.startsWith("junk")));
  // The mean, because on a busy machine any single call can be interrupted; it takes about 0.5 ms.
  const stats = /^cmdstat_evalsha:calls=(\d+),.*usec_per_call=([\d.]+)/m.exec(
    await redis.client.info("commandstats"),
  );
  expect(Number(stats?.[1])).toBeGreaterThanOrEqual(500);
  expect(Number(stats?.[2])).toBeLessThan(3000);
});

it("removes an entry again that was removed before: it is not there any more", async () => {
  await redis.push("a", plainEntry("x", FAR), "\xff\x00", plainEntry("y", FAR));
  const { pools } = redis.open.stores;
  const [entries = []] = await pools.slice([{ openId: "a", from: 0, count: 2 }]);
  expect(await pools.removeEntries("a", 0, entries)).toEqual([true, true]);
  expect(await pools.removeEntries("a", 0, entries)).toEqual([false, false]);
  expect(await redis.entries("a")).toEqual([plainEntry("y", FAR)]);
});

it("takes all codes of a piece, however many entries between them stay", async () => {
  const junk = (n: number) => Array.from({ length: n }, (_, i) => `junk ${i}`);
  const codes = (n: number) => Array.from({ length: n }, (_, i) => plainEntry(`f${i}`, FAR));
  await redis.push("before", ...junk(20), ...codes(180));
  await redis.push("between", ...codes(100).flatMap((code, i) => [code, `junk ${i}`]));
  const { pools } = redis.open.stores;
  const plan = ["before", "between"].map((openId) => ({ openId, entries: 200 }));
  const totals = await removePools(pools, plan, { keepUnreadable: true, signal: never });
  expect(totals).toMatchObject({ entriesRemoved: 280, entriesKept: 120, entriesGone: 0, complete: true });
  expect(await redis.entries("before")).toEqual(junk(20));
  expect(await redis.entries("between")).toEqual(junk(100));
});

it("leaves what is no list alone", async () => {
  await redis.client.set("mina:openid:a", "text");
  expect(await redis.open.stores.pools.removeEntries("a", 0, ["text"])).toEqual([false]);
  expect(await redis.client.get("mina:openid:a")).toBe("text");
});
