import { expect, it } from "vitest";
import { eachBatch } from "../../src/pool/read-pools.ts";

const page = (from: number, count: number) => Array.from({ length: count }, (_, i) => `o${from + i}`);

async function* pagesOf(...pages: string[][]): AsyncGenerator<string[]> {
  yield* pages;
}

/** Pages of which the second never comes. */
async function* stalled(first: string[]): AsyncGenerator<string[]> {
  yield first;
  await new Promise(() => undefined);
}

it("yields batches in order, whichever is done first, and leaves nobody out", async () => {
  let left = 100;
  const all: string[] = [];
  let [underWay, most] = [0, 0];
  const work = async (openIds: string[]) => {
    most = Math.max(most, ++underWay);
    // Later ones are done sooner.
    for (let turns = left--; turns > 0; turns--) await Promise.resolve();
    underWay--;
    return openIds;
  };
  for await (const openIds of eachBatch(pagesOf(page(0, 1000), [], page(1000, 1), page(1001, 999)), work)) {
    expect(openIds.length).toBeLessThanOrEqual(100);
    all.push(...openIds);
  }
  expect(all).toEqual(page(0, 2000));
  expect(most).toBeGreaterThan(1);
  expect(most).toBeLessThanOrEqual(3);
});

it("yields what is there while the next page is long in coming, and can be left then", async () => {
  const met: string[][] = [];
  for await (const openIds of eachBatch(stalled(["a", "b"]), async (some) => some)) {
    met.push(openIds);
    break;
  }
  expect(met).toEqual([["a", "b"]]);
});

it("rejects with what went wrong in a batch or a page, not before the batches ahead of it", async () => {
  const met: string[][] = [];
  const work = async (some: string[]) => {
    if (some.includes("bad")) throw new Error("batch");
    return some;
  };
  const read = async (pages: AsyncIterable<string[]>) => {
    for await (const some of eachBatch(pages, work)) met.push(some);
  };
  await expect(read(pagesOf(["a"], ["bad"], ["c"]))).rejects.toThrow("batch");
  expect(met).toEqual([["a"]]);
  async function* broken(): AsyncGenerator<string[]> {
    yield ["a"];
    throw new Error("page");
  }
  await expect(read(broken())).rejects.toThrow("page");
});
