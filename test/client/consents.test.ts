import { expect, it, vi } from "vitest";
import { useClientWorld } from "./world.ts";

const world = useClientWorld();
const ids = (count: number, prefix = "t") => Array.from({ length: count }, (_, i) => `${prefix}${i + 1}`);
const reports = () => [...world.server.reports.values()];
const NO_TAP = { errMsg: "requestSubscribeMessage:fail can only be invoked by user TAP gesture." };

it("asks within the tap, counts every kind of accept, and explains the others", async () => {
  const collector = world.open();
  world.phone.prompts = [{ a: "accept", b: "acceptWithAudio", c: "reject", d: "ban", e: "filter" }];
  const asking = collector.askConsents(["a", "b", "c", "d", "e", "a"]);
  expect(world.phone.asked).toEqual([["a", "b", "c", "d", "e"]]);
  const result = await asking;
  expect(result).toEqual({
    accepted: ["a", "b"],
    refused: [
      { templateId: "c", status: "reject", why: expect.stringContaining("refused") },
      { templateId: "d", status: "ban", why: expect.stringContaining("banned") },
      { templateId: "e", status: "filter", why: expect.stringContaining("title") },
    ],
    failed: [],
  });
  await collector.flush();
  expect(reports()).toEqual([{ a: "accept", b: "acceptWithAudio", c: "reject", d: "ban", e: "filter" }]);
});

it("keeps results in storage, and makes the same report until it is acknowledged", async () => {
  const first = world.open();
  world.phone.network = "offline";
  await first.askConsents(["a"]);
  await world.phone.settle();
  expect(first.pending()).toEqual({ codes: 0, reports: 1 });
  world.phone.network = "up";
  const second = world.open();
  world.phone.nextNetwork = ["up", "lost"];
  await second.flush();
  expect(second.pending().reports).toBe(1);
  world.nowMs += 60_000;
  await world.pass(second, 2000);
  expect(second.pending().reports).toBe(0);
  const sent = world.server.seen.filter(({ path }) => path === "/consents").map(({ body }) => body);
  expect(sent).toHaveLength(2);
  expect(sent[0]?.report).toMatch(/^[\w-]{1,64}$/);
  expect(sent[1]?.report).toBe(sent[0]?.report);
  expect(sent.map((body) => body.ageMs)).toEqual([0, 62_000]);
  expect(reports()).toHaveLength(1);
});

it("gives each result a report of its own", async () => {
  const collector = world.open();
  await collector.askConsents(["a"]);
  await collector.askConsents(["a"]);
  await collector.flush();
  expect(reports()).toHaveLength(2);
});

it("asks in groups of 5, one-time and long-term apart", async () => {
  const result = await world.open().askConsents([...ids(7), "l1"], { longTerm: ids(6, "l") });
  expect(world.phone.asked).toEqual([ids(5), ["t6", "t7"], ids(5, "l"), ["l6"]]);
  expect(result.accepted).toEqual([...ids(7), ...ids(6, "l")]);
});

it("reports a group as failed that the platform wants another tap for", async () => {
  world.phone.prompts = [Object.fromEntries(ids(5).map((id) => [id, "accept"])), NO_TAP];
  const result = await world.open().askConsents(ids(7));
  expect(result.accepted).toEqual(ids(5));
  expect(result.failed).toEqual([
    { templateIds: ["t6", "t7"], code: "no_tap", why: expect.stringContaining("tap") },
  ]);
});

it("goes down to 3 templates and to 1 where the platform takes no more, and remembers", async () => {
  const tooMany = { errCode: 20003, errMsg: "requestSubscribeMessage:fail" };
  world.phone.prompts = [tooMany, tooMany];
  const collector = world.open();
  expect((await collector.askConsents(ids(4))).accepted).toEqual(ids(4));
  expect(world.phone.asked).toEqual([ids(4), ids(3), ["t1"], ["t2"], ["t3"], ["t4"]]);
  world.phone.asked = [];
  await collector.askConsents(ids(2));
  expect(world.phone.asked).toEqual([["t1"], ["t2"]]);
  world.phone.prompts = [tooMany];
  expect((await collector.askConsents(["a"])).failed).toMatchObject([{ code: 20003, templateIds: ["a"] }]);
});

it.each([10001, 10002, 10003, 10004, 10005, 20001, 20002, 20003, 20004, 20005, 20013])(
  "explains errCode %i in words, and reports nothing",
  async (errCode) => {
    const collector = world.open();
    world.phone.prompts = [{ errCode, errMsg: "requestSubscribeMessage:fail" }];
    const { failed } = await collector.askConsents(["a"]);
    expect(failed).toEqual([{ templateIds: ["a"], code: errCode, why: expect.stringMatching(/ .* /) }]);
    expect(collector.pending().reports).toBe(0);
  },
);

it("passes on a failure that it doesn't know", async () => {
  world.phone.prompts = [{ errCode: 99, errMsg: "new" }, { errMsg: "odd" }];
  const result = await world.open().askConsents(["a"], { longTerm: ["b"] });
  expect(result.failed).toEqual([
    { templateIds: ["a"], code: 99, why: "new" },
    { templateIds: ["b"], code: "unknown", why: "odd" },
  ]);
});

it("names a template that the result says nothing of", async () => {
  world.phone.prompts = [{ a: "accept" }];
  const { accepted, refused } = await world.open().askConsents(["a", "b"]);
  expect(accepted).toEqual(["a"]);
  expect(refused).toMatchObject([{ templateId: "b", status: "missing" }]);
});

it("asks silently only for what the user has accepted for always", async () => {
  world.phone.settings = { t1: "accept", t3: "reject", t4: "acceptWithAlert", t7: "accept" };
  const result = await world.open().askConsents(ids(7), { silent: true });
  expect(world.phone.asked).toEqual([["t1", "t4", "t7"]]);
  expect(result.accepted).toEqual(["t1", "t4", "t7"]);
  expect(result.refused.map(({ templateId, status }) => [templateId, status])).toEqual([
    ["t2", "not_asked"],
    ["t3", "reject"],
    ["t5", "not_asked"],
    ["t6", "not_asked"],
  ]);
});

it("shows no prompt when silent finds nothing", async () => {
  const result = await world.open().askConsents(["a"], { silent: true });
  expect(world.phone.asked).toEqual([]);
  expect(result.failed).toEqual([]);
});

it("fails, and does not throw, where the platform has no prompt or can't tell the choices", async () => {
  const { api } = world.phone.start();
  const { requestSubscribeMessage: _, getSetting: __, ...rest } = api;
  const collector = world.open({ api: rest });
  const loud = await collector.askConsents(["a"], { longTerm: ["b"] });
  expect(loud.failed).toMatchObject([
    { templateIds: ["a"], code: "unknown", why: "requestSubscribeMessage: not on this platform" },
    { templateIds: ["b"] },
  ]);
  const silent = await collector.askConsents(ids(7), { silent: true });
  expect(silent).toMatchObject({ accepted: [], refused: [], failed: [{ templateIds: ids(7) }] });
});

it("hands the result to explain, and survives its errors", async () => {
  const explain = vi.fn(() => {
    throw new Error("the app's");
  });
  const result = await world.open().askConsents(["a"], { explain });
  expect(explain).toHaveBeenCalledWith(result);
  expect(world.told()).toEqual(["bug"]);
});

it.each([[undefined], [null], [[]]])("asks nothing for %j", async (given) => {
  const result = await world.open().askConsents(given as unknown as string[]);
  expect(result).toEqual({ accepted: [], refused: [], failed: [] });
  expect(world.phone.asked).toEqual([]);
});

it.each(["ab", 7, {}])("hands %j in place of a list to the platform, as one template", async (given) => {
  await world.open().askConsents(given as unknown as string[]);
  expect(world.phone.asked).toEqual([[given]]);
});
