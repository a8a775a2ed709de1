import { expect, it } from "vitest";
import { DAY, useClientWorld } from "./world.ts";

const world = useClientWorld();
const KEY = "push-cli:collector";

const storedIds = (key = KEY) =>
  JSON.parse(world.phone.storage.get(key) as string).items.map((item: { formId: string }) => item.formId);

it("keeps codes in storage, and reports them with a later flush", async () => {
  const collector = world.open();
  collector.add("a");
  collector.add("b");
  collector.add("a");
  await world.phone.settle();
  expect(storedIds()).toEqual(["a", "b"]);
  expect(collector.pending()).toEqual({ codes: 2, reports: 0 });
  expect(world.phone.requests).toBe(0);
  world.nowMs += 5000;
  await collector.flush();
  await world.phone.settle();
  expect(Object.fromEntries(world.server.ages)).toEqual({ a: 5000, b: 5000 });
  expect(collector.pending()).toEqual({ codes: 0, reports: 0 });
  expect(storedIds()).toEqual([]);
  expect(world.problems).toEqual([]);
});

it("writes to storage within the tap", async () => {
  const collector = world.open();
  collector.add("a");
  expect(world.phone.writes).toBe(1);
});

it.each(["the formId is a mock one", "requestFormId:fail timeout", "", undefined, null, {}, "x".repeat(129)])(
  "keeps no %j",
  async (formId) => {
    const collector = world.open();
    collector.add(formId as string);
    expect(collector.pending().codes).toBe(0);
    expect(world.told()).toEqual(["not_a_code"]);
  },
);

it("reports what an app that was killed between taps has left", async () => {
  world.open().add("a");
  await world.phone.settle();
  world.open().add("b");
  await world.phone.settle();
  await world.open().flush();
  expect([...world.server.pool.keys()]).toEqual(["a", "b"]);
});

it("keeps the newest codes, so many as it may", async () => {
  const collector = world.open({ maxCodes: 3 });
  for (const id of ["a", "b", "c", "d"]) collector.add(id);
  await world.phone.settle();
  expect(storedIds()).toEqual(["b", "c", "d"]);
  expect(world.problems).toMatchObject([{ what: "dropped", detail: [{ formId: "a" }] }]);
});

it("stands 10,000 taps, one write at a time", async () => {
  const collector = world.open();
  for (let i = 0; i < 10_000; i++) {
    collector.add(`code-${i}`);
    if (i % 500 === 0) await world.phone.settle();
  }
  await world.phone.settle();
  expect(storedIds()).toHaveLength(100);
  expect(storedIds().at(-1)).toBe("code-9999");
  expect(world.phone.mostWrites).toBe(1);
  await collector.flush();
  expect(world.server.pool.size).toBe(100);
});

it("drops codes that are older than a week", async () => {
  world.open().add("a");
  await world.phone.settle();
  world.nowMs += 7 * DAY;
  const collector = world.open();
  collector.add("b");
  await collector.flush();
  expect([...world.server.pool.keys()]).toEqual(["b"]);
  expect(world.told()).toEqual(["dropped"]);
});

it.each([
  ["a year ahead", 365 * DAY],
  ["a year behind", -365 * DAY],
])("reports the right age by a clock that is %s", async (_, offMs) => {
  world.nowMs += offMs;
  world.open().add("a");
  await world.phone.settle();
  world.nowMs += 60_000;
  await world.open().flush();
  expect(world.server.ages.get("a")).toBe(60_000);
});

it.each([
  ["forward", 365 * DAY],
  ["back", -365 * DAY],
])("loses no code to a clock that is put a year %s between tap and flush", async (_, jumpMs) => {
  const collector = world.open();
  collector.add("a");
  await world.phone.settle();
  world.nowMs += jumpMs;
  await collector.flush();
  expect(world.server.ages.get("a")).toBe(0);
  expect(world.problems).toEqual([]);
});

it("reports a code of a clock that was put back before the next start", async () => {
  world.open().add("a");
  await world.phone.settle();
  world.nowMs -= 365 * DAY;
  await world.open().flush();
  expect(world.server.ages.get("a")).toBe(0);
});

it("works in memory where storage always fails", async () => {
  world.phone.storageReads = "fail";
  world.phone.storageWrites = "fail";
  const collector = world.open();
  collector.add("a");
  await collector.flush();
  expect([...world.server.pool.keys()]).toEqual(["a"]);
  expect(collector.pending().codes).toBe(0);
  expect(world.told()).toEqual(["storage"]);
});

it("makes up for writes that failed, once they work", async () => {
  const collector = world.open();
  world.phone.storageWrites = "fail";
  collector.add("a");
  await world.phone.settle();
  expect(world.phone.storage.size).toBe(0);
  world.phone.storageWrites = "work";
  collector.add("b");
  await world.phone.settle();
  expect(storedIds()).toEqual(["a", "b"]);
});

it("overwrites nothing that it could not read", async () => {
  world.open().add("a");
  await world.phone.settle();
  world.phone.storageReads = "fail";
  const collector = world.open();
  collector.add("b");
  await world.phone.settle();
  expect(storedIds()).toEqual(["a"]);
  world.phone.storageReads = "work";
  collector.add("c");
  await world.phone.settle();
  expect(storedIds()).toEqual(["a", "b", "c"]);
});

it.each([
  "{",
  "null",
  "[]",
  '"x"',
  { items: [] },
  7,
  '{"items":7}',
  '{"items":[null,7,{"at":"x"},{"formId":"a"}]}',
])("gives up garbage in storage: %j", async (garbage) => {
  world.phone.storage.set(KEY, garbage);
  const collector = world.open();
  expect(collector.pending()).toEqual({ codes: 0, reports: 0 });
  collector.add("a");
  await world.phone.settle();
  expect(storedIds()).toEqual(["a"]);
});

it("keeps several clients apart by their keys", async () => {
  world.open({ storageKey: "mine" }).add("a");
  await world.phone.settle();
  expect(storedIds("mine")).toEqual(["a"]);
  expect(world.open().pending().codes).toBe(0);
});
