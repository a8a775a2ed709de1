import { expect, test } from "vitest";
import type { Grant } from "../../src/collector/ports.ts";
import { testReader } from "./test-reader.ts";
import { push, startWorld, type World } from "./world.ts";

const USER = "oUser-1234567890-abcdefghijkl";
const accept = { T1: "accept" };

async function consent(world: World, body: Record<string, unknown>) {
  const { status, json } = await world.report(USER, "/consents", body);
  expect(status).toBe(200);
  return json;
}

test("what starts with accept counts, everything else is ignored by its name", async () => {
  const world = await startWorld();
  const templates = {
    T1: "accept",
    T2: "acceptWithAlert",
    T3: "reject",
    T4: "ban",
    T5: "filter",
    "no template": "accept",
  };
  const json = await consent(world, { templates, report: "r-1" });
  expect(json).toEqual({
    templates: {
      T1: { fate: "taken" },
      T2: { fate: "taken" },
      T3: { fate: "ignored", reason: "reject" },
      T4: { fate: "ignored", reason: "ban" },
      T5: { fate: "ignored", reason: "filter" },
      "no template": { fate: "refused", reason: "not_a_template_id" },
    },
    taken: 2,
  });
  expect(Object.keys(json.templates)).toEqual(Object.keys(templates));
  expect([...world.books.granted]).toEqual([
    [`${USER} T1`, 1],
    [`${USER} T2`, 1],
  ]);
});

test("the same report twice counts once, another one counts", async () => {
  const world = await startWorld();
  await consent(world, { templates: accept, report: "r-1" });
  expect(await consent(world, { templates: accept, report: "r-1", ageMs: 90_000 })).toEqual({
    templates: { T1: { fate: "known" } },
    taken: 0,
  });
  expect(await consent(world, { templates: accept, report: "r-2" })).toMatchObject({ taken: 1 });
  expect(world.books.granted.get(`${USER} T1`)).toBe(2);
});

test("without an id, the same result within a minute is one report", async () => {
  const world = await startWorld();
  // To the end of a minute of the clock, so that a second report is in the next one.
  world.clock.skewMs = 60_000 - (world.clock.now() % 60_000) - 2000;
  expect((await consent(world, { templates: accept })).taken).toBe(1);
  world.clock.skewMs += 20_000;
  expect((await consent(world, { templates: accept })).templates.T1.fate).toBe("known");
  expect((await consent(world, { templates: { T1: "accept", T2: "accept" } })).taken).toBe(2);
  world.clock.skewMs += 61_000;
  expect((await consent(world, { templates: accept })).taken).toBe(1);
  expect((await consent(world, { templates: accept, ageMs: 61_000 + 20_000 })).taken).toBe(0);
});

test("two processes take a report without an id for the same one", async () => {
  const one = await startWorld();
  const other = await startWorld({ books: one.books });
  // From the beginning of a minute.
  const skewMs = 60_000 - (one.clock.now() % 60_000) + 1000;
  one.clock.skewMs = skewMs;
  other.clock.skewMs = skewMs;
  expect((await consent(one, { templates: accept })).taken).toBe(1);
  expect((await consent(other, { templates: accept })).templates.T1.fate).toBe("known");
});

test("a report older than a day is refused", async () => {
  const world = await startWorld();
  const json = await consent(world, { templates: accept, report: "r-1", ageMs: 25 * 3_600_000 });
  expect(json.templates).toEqual({ T1: { fate: "refused", reason: "expired" } });
});

test("the platform's event and the client's report of one prompt count once", async () => {
  const world = await startWorld({ callback: testReader });
  const grants = { kind: "grants" as const, openId: USER, key: "e-1", templateIds: ["T1"] };
  expect((await push(world, [{ ...grants, atMs: world.clock.now() }])).text).toBe("success");
  const json = await consent(world, { templates: accept, report: "r-1" });
  expect(json.templates).toEqual({ T1: { fate: "known", reason: "paired" } });
  expect(world.books.granted.get(`${USER} T1`)).toBe(1);
  // The same fates of both sources.
  const metrics = (await world.ask("/metrics")).text;
  expect(metrics).toContain('consents_total{source="event",fate="taken"} 1\n');
  expect(metrics).toContain('consents_total{source="report",fate="paired"} 1\n');
  expect(metrics).not.toContain('fate="known"');
});

test("where only events count, reports are ignored", async () => {
  const world = await startWorld({ consents: "events" });
  const json = await consent(world, { templates: { T1: "accept", T2: "reject" }, report: "r-1" });
  expect(json).toEqual({
    templates: { T1: { fate: "ignored", reason: "events_only" }, T2: { fate: "ignored", reason: "reject" } },
    taken: 0,
  });
  expect(world.books.calls).toBe(0);
});

test.each([
  ["no templates", {}, "templates"],
  ["a list of templates", { templates: ["T1"] }, "templates"],
  ["a status that is none", { templates: { T1: true } }, "T1"],
  ["a status that is a book", { templates: { T1: "accept".repeat(20) } }, "T1"],
  [
    "21 templates",
    { templates: Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`T${i}`, "accept"])) },
    "21",
  ],
  ["an id of the report with blanks", { templates: accept, report: "a b" }, "report"],
  ["an id of the report that is too long", { templates: accept, report: "x".repeat(65) }, "report"],
  ["an age that is a text", { templates: accept, ageMs: "5" }, "ageMs"],
])("%s is a clear 400 and writes nothing", async (_name, body, named) => {
  const world = await startWorld();
  const { status, json } = await world.report(USER, "/consents", body);
  expect([status, json.error.code]).toEqual([400, "bad_request"]);
  expect(json.error.message).toContain(named);
  expect(world.books.calls).toBe(0);
});

test("a subscription at Baidu is kept under its subscribe_id, by which a repeat is known too", async () => {
  const world = await startWorld();
  const grants: Grant[] = [];
  const { grant } = world.books.consents;
  world.books.consents.grant = (given) => {
    grants.push(given);
    return grant(given);
  };
  const body = { templates: { BD0003: "accept" }, subscribeId: "8026" };
  expect((await world.report(USER, "/consents", body)).json).toMatchObject({ taken: 1 });
  expect((await world.report(USER, "/consents", body)).json).toMatchObject({ taken: 0 });
  expect(grants).toMatchObject([
    { key: "8026", id: "8026" },
    { key: "8026", id: "8026" },
  ]);
  for (const subscribeId of ["", "-", 'a"b', "a b", 8026, "x".repeat(129)]) {
    const { status, json } = await world.report(USER, "/consents", { ...body, subscribeId });
    expect([status, json.error.message]).toEqual([400, expect.stringContaining("subscribeId")]);
  }
});
