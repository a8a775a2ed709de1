import { expect, it, vi } from "vitest";
import type { Collector } from "../../src/client/index.ts";
import type { Network } from "./fake-wx.ts";
import { useClientWorld } from "./world.ts";

const world = useClientWorld();

function openWith(...formIds: string[]): Collector {
  const collector = world.open();
  for (const formId of formIds) collector.add(formId);
  return collector;
}

const pool = () => [...world.server.pool.keys()];
const reported = () =>
  world.server.seen
    .filter(({ path }) => path === "/codes")
    .map(({ body }) => (body.codes as { formId: string }[]).map(({ formId }) => formId).join());

it("reports in batches, one at a time, the oldest first", async () => {
  const collector = world.open({ batch: 2 });
  for (const id of ["a", "b", "c", "d", "e"]) collector.add(id);
  await collector.flush();
  expect(reported()).toEqual(["a,b", "c,d", "e"]);
});

it("reports at most 100 codes at once, whatever batch it is given", async () => {
  const collector = world.open({ batch: 1000, maxCodes: 150 });
  for (let i = 0; i < 150; i++) collector.add(`c${i}`);
  await collector.flush();
  expect(pool()).toHaveLength(150);
  expect(reported().map((one) => one.split(",").length)).toEqual([100, 50]);
});

it.each<Network>(["offline", "lost", "timeout", "portal", "hangs"])(
  "keeps what was not acknowledged when the network: %s",
  async (network) => {
    const collector = openWith("a", "b");
    world.phone.network = network;
    const flushing = collector.flush();
    if (network === "hangs") {
      await world.phone.settle();
      await world.pass(collector, 30_000);
    }
    await flushing;
    expect(collector.pending().codes).toBe(2);
    expect(world.told()).toEqual(["no_answer"]);
    world.phone.network = "up";
    await world.pass(collector, 2000);
    expect(collector.pending().codes).toBe(0);
    expect(pool()).toEqual(["a", "b"]);
  },
);

it("makes the same report again when the answer was lost", async () => {
  const collector = openWith("a", "b");
  world.phone.nextNetwork = ["up", "lost"];
  await collector.flush();
  expect(pool()).toEqual(["a", "b"]);
  expect(collector.pending().codes).toBe(2);
  await world.pass(collector, 2000);
  expect(reported()).toEqual(["a,b", "a,b"]);
  expect(collector.pending().codes).toBe(0);
});

it("lets go only of codes whose fate the answer names", async () => {
  const collector = openWith("a", "b", "c", "d");
  const codes = [
    { formId: "a", fate: "taken" },
    { formId: "b", fate: "pondered" },
    { formId: "x", fate: "taken" },
    { formId: "d", fate: "refused", reason: "expired" },
  ];
  world.server.script = [
    { path: "/codes", status: 200, body: { codes } },
    { path: "/codes", status: 503 },
  ];
  await collector.flush();
  expect(collector.pending().codes).toBe(2);
  expect(world.problems[0]).toEqual({ what: "refused", detail: { name: "d", reason: "expired" } });
  await world.pass(collector, 2000);
  expect(reported()).toEqual(["a,b,c,d", "b,c", "b,c"]);
});

it.each<[string, unknown]>([
  ["a page", "<html></html>"],
  ["null", null],
  ["other JSON", { ok: true }],
  ["codes that are no list", { codes: { formId: "a", fate: "taken" } }],
  ["a list of nothing", { codes: [null] }],
  ["other codes", { codes: [{ formId: "x", fate: "taken" }] }],
])("takes %s with status 200 for no answer", async (_, body) => {
  const collector = openWith("a");
  world.server.script = [{ path: "/codes", status: 200, body }];
  await collector.flush();
  expect(collector.pending().codes).toBe(1);
  expect(world.told()).toEqual(["no_answer"]);
});

it("keeps and reports codes that come while a report is on its way", async () => {
  const token = async () => {
    collector.add("b");
    world.server.tokens.add("own");
    return "own";
  };
  const collector = world.open({ token });
  collector.add("a");
  await Promise.all([collector.flush(), collector.flush(), collector.flush()]);
  expect(reported()).toEqual(["a", "b"]);
});

it("finds the one code that makes a report unusable, and gives up that one alone", async () => {
  const collector = openWith("a", "b", "poison", "c", "d", "e", "f", "g");
  await collector.flush();
  expect(pool().sort()).toEqual(["a", "b", "c", "d", "e", "f", "g"]);
  expect(collector.pending().codes).toBe(0);
  expect(world.problems).toMatchObject([{ what: "refused", detail: { items: [{ formId: "poison" }] } }]);
  for (let i = 0; i < 60; i++) collector.add(`later-${i}`);
  await collector.flush();
  // Reports are whole batches again.
  expect(reported().at(-2)?.split(",")).toHaveLength(20);
});

it("gives up nothing to a collector that refuses every report", async () => {
  const collector = openWith("poison-1", "poison-2", "poison-3");
  await collector.flush();
  for (let i = 0; i < 10; i++) await world.pass(collector, 300_000);
  expect(collector.pending().codes).toBe(3);
  collector.add("a");
  for (let i = 0; i < 10; i++) await world.pass(collector, 300_000);
  expect(pool()).toEqual(["a"]);
  expect(collector.pending().codes).toBe(0);
});

it("takes a 400 of something in between for no answer", async () => {
  const collector = openWith("a", "b");
  world.server.script = [{ path: "/codes", status: 400, body: "<html>Bad Request</html>" }];
  await collector.flush();
  expect(collector.pending().codes).toBe(2);
  expect(reported()).toEqual(["a,b"]);
});

it("waits longer after each failure, 5 minutes at most, and starts anew after a success", async () => {
  const collector = openWith("a");
  world.phone.network = "offline";
  const waits: number[] = [];
  for (let i = 0; i < 12; i++) waits.push(await measureWait(collector));
  for (const [i, ms] of waits.slice(1).entries()) {
    const most = Math.min(300_000, 2000 * 2 ** i);
    expect(ms).toBeGreaterThanOrEqual(most / 2);
    expect(ms).toBeLessThanOrEqual(most + 1000);
  }
  world.phone.network = "up";
  await world.pass(collector, 300_000);
  expect(pool()).toEqual(["a"]);
  world.phone.network = "offline";
  collector.add("b");
  await measureWait(collector);
  expect(await measureWait(collector)).toBeLessThanOrEqual(2100);
});

/** How long until the next request, in steps of 100 ms at first, then of a second. */
async function measureWait(collector: Collector): Promise<number> {
  const { requests } = world.phone;
  let ms = 0;
  await collector.flush();
  while (world.phone.requests === requests) {
    const step = ms < 3000 ? 100 : 1000;
    ms += step;
    await world.pass(collector, step);
  }
  return ms;
}

it.each([
  [0, 1000],
  [0.5, 1500],
])("leaves half of a wait to chance: %d", async (random, ms) => {
  vi.spyOn(Math, "random").mockReturnValue(random);
  const collector = openWith("a");
  world.phone.network = "offline";
  await collector.flush();
  world.phone.network = "up";
  await world.pass(collector, ms - 1);
  expect(pool()).toEqual([]);
  await world.pass(collector, 1);
  expect(pool()).toEqual(["a"]);
});

it.each([
  [429, "too_many_requests"],
  [503, "redis_unavailable"],
])("honours Retry-After of a %i", async (status, code) => {
  const collector = openWith("a");
  const body = { error: { code, message: "Later." } };
  world.server.script = [{ path: "/codes", status, body, headers: { "retry-after": "100" } }];
  await collector.flush();
  await world.pass(collector, 99_000);
  expect(pool()).toEqual([]);
  await world.pass(collector, 1000);
  expect(pool()).toEqual(["a"]);
});

it("waits an hour at most, whatever Retry-After says", async () => {
  const collector = openWith("a");
  world.server.script = [{ path: "/login", status: 503, headers: { "retry-after": "99999999" } }];
  await collector.flush();
  await world.pass(collector, 3_599_000);
  expect(pool()).toEqual([]);
  await world.pass(collector, 1000);
  expect(pool()).toEqual(["a"]);
});

it("takes a Retry-After that is a date for none", async () => {
  const collector = openWith("a");
  const headers = { "retry-after": "Wed, 21 Oct 2026 07:28:00 GMT" };
  world.server.script = [{ path: "/codes", status: 503, headers }];
  await collector.flush();
  await world.pass(collector, 2000);
  expect(pool()).toEqual(["a"]);
});

it("sends nothing more while it waits, however often it is asked to", async () => {
  const collector = openWith("a");
  world.phone.network = "offline";
  await collector.flush();
  for (let i = 0; i < 20; i++) await collector.flush();
  expect(world.phone.requests).toBe(1);
});
