import { expect, test } from "vitest";
import { ReadyQueue } from "../../src/broadcast/ready-queue.ts";

/** What takers got so far, in the order of their turns. */
function taken<T>(queue: ReadyQueue<T>, times: number): (T | undefined)[] {
  const items: (T | undefined)[] = [];
  for (let i = 0; i < times; i++) queue.take((item) => items.push(item));
  return items;
}

test("gives what it has at once and in order", () => {
  const queue = new ReadyQueue<number>();
  for (const n of [1, 2, 3]) queue.push(n);
  expect(taken(queue, 3)).toEqual([1, 2, 3]);
  expect(queue.length).toBe(0);
});

test("keeps takers waiting, first come first served", () => {
  const queue = new ReadyQueue<number>();
  const got = taken(queue, 2);
  expect(got).toEqual([]);
  for (const n of [1, 2, 3]) queue.push(n);
  expect(got).toEqual([1, 2]);
  expect(queue.length).toBe(1);
});

test("closing ends those who wait and those who come later, and gives the rest back", () => {
  const queue = new ReadyQueue<number>();
  const got = taken(queue, 1);
  queue.push(1);
  queue.push(2);
  queue.push(3);
  expect(got).toEqual([1]);
  expect(queue.close()).toEqual([2, 3]);
  expect(taken(queue, 1)).toEqual([undefined]);
  expect(queue.close()).toEqual([]);

  const empty = new ReadyQueue<number>();
  const takers = taken(empty, 2);
  empty.close();
  expect(takers).toEqual([undefined, undefined]);
});

test("keeps order over many thousands", () => {
  const queue = new ReadyQueue<number>();
  const all: unknown[] = [];
  let next = 0;
  for (let round = 0; round < 500; round++) {
    for (let i = 0; i < 11; i++) queue.push(next++);
    all.push(...taken(queue, 10));
  }
  expect(queue.length).toBe(500);
  all.push(...taken(queue, 500));
  expect(all).toEqual(Array.from({ length: 5500 }, (_, i) => i));
});
