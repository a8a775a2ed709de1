import fc from "fast-check";
import { expect, it } from "vitest";
import { TopItems } from "../../src/pool/top.ts";

interface Item {
  name: string;
  rank: number;
}

const compare = (a: Item, b: Item) => a.rank - b.rank || (a.name < b.name ? -1 : 1);
const top = (limit: number) => new TopItems(compare, ({ name }: Item) => name, limit);

it("keeps what sorting everything would put first, and counts the rest", () => {
  const names = fc.uniqueArray(fc.nat(100_000), { maxLength: 5000, size: "max" });
  const ranked = fc.tuple(names, fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 1000 }));
  fc.assert(
    fc.property(ranked, ([numbers, limit, ranks]) => {
      const items = numbers.map((n) => ({ name: `o${n}`, rank: (n * 7919) % ranks }));
      const kept = top(limit);
      for (const item of items) kept.add(item);
      expect(kept.sorted()).toEqual([...items].sort(compare).slice(0, limit));
      expect(kept.dropped).toBe(Math.max(0, items.length - limit));
    }),
    { numRuns: 50 },
  );
});

it("keeps the newest of a name also when it is worse than what is kept", () => {
  const kept = top(3);
  for (let i = 0; i < 5000; i++) kept.add({ name: `o${i}`, rank: i });
  expect(kept.sorted().map(({ name }) => name)).toEqual(["o0", "o1", "o2"]);
  kept.add({ name: "o1", rank: 9000 });
  kept.add({ name: "o9", rank: 9 });
  expect(kept.sorted().map(({ name, rank }) => [name, rank])).toEqual([
    ["o0", 0],
    ["o2", 2],
    ["o1", 9000],
  ]);
});

it("keeps the newest of a name once, also when it comes again after a cut", () => {
  const kept = top(3);
  for (let i = 0; i < 5000; i++) kept.add({ name: `o${i}`, rank: i });
  for (let i = 0; i < 5000; i++) kept.add({ name: "o1", rank: i % 10 });
  kept.add({ name: "o1", rank: 0.5 });
  expect(kept.sorted().map(({ name, rank }) => [name, rank])).toEqual([
    ["o0", 0],
    ["o1", 0.5],
    ["o2", 2],
  ]);
});
