import { expect, test } from "vitest";
import { ReadyQueue } from "../../src/broadcast/ready-queue.ts";

test("gives what it has at once and in order", () => {
  const queue = new ReadyQueue<number>();
  for (const n of [1, 2, 3]) queue.push(n);
  expect([queue.take(), queue.take(), queue.take()]).toEqual([1, 2, 3]);
  expect(queue.length).toBe(0);
});

test("keeps takers waiting, first come first served", async () => {
  const queue = new ReadyQueue<number>();
  const waiting = [queue.take(), queue.take()];
  for (const n of [1, 2, 3]) queue.push(n);
  expect(await Promise.all(waiting)).toEqual([1, 2]);
  expect(queue.length).toBe(1);
});

test("closing ends those who wait and those who come later, and gives the rest back", async () => {
  const queue = new ReadyQueue<number>();
  const waiting = queue.take();
  queue.push(1);
  queue.push(2);
  queue.push(3);
  expect(await waiting).toBe(1);
  expect(queue.close()).toEqual([2, 3]);
  expect(queue.take()).toBeUndefined();
  expect(queue.close()).toEqual([]);

  const empty = new ReadyQueue<number>();
  const takers = [empty.take(), empty.take()];
  empty.close();
  expect(await Promise.all(takers)).toEqual([undefined, undefined]);
});

test("keeps order over many thousands", () => {
  const queue = new ReadyQueue<number>();
  const taken: unknown[] = [];
  let next = 0;
  for (let round = 0; round < 500; round++) {
    for (let i = 0; i < 11; i++) queue.push(next++);
    for (let i = 0; i < 10; i++) taken.push(queue.take());
  }
  expect(queue.length).toBe(500);
  while (queue.length > 0) taken.push(queue.take());
  expect(taken).toEqual(Array.from({ length: 5500 }, (_, i) => i));
});
